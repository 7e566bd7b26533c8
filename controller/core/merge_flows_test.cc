#include "controller/core/merge_flows.h"

#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using testing::ElementsAre;

sunder::v1::Flow From(const std::string& source, uint32_t port) {
  sunder::v1::Flow flow;
  flow.add_sources(source);
  flow.add_destinations("10.0.0.1");
  flow.set_protocol(sunder::v1::PROTOCOL_TCP);
  auto* ports = flow.add_source_ports();
  ports->set_first(port);
  ports->set_last(port);
  flow.mutable_behaviour()->mutable_drop();
  flow.set_label(absl::StrCat(source, " -> me"));
  return flow;
}

// One line for each single thing that is cut: nothing may be added or lost.
std::set<std::string> Atoms(const Flows& flows) {
  std::set<std::string> atoms;
  for (sunder::v1::Flow flow : flows) {
    auto sources = flow.sources();
    auto destinations = flow.destinations();
    if (sources.empty()) sources.Add("anybody");
    if (destinations.empty()) destinations.Add("anywhere");
    flow.clear_sources();
    flow.clear_destinations();
    flow.clear_label();
    for (const std::string& source : sources) {
      for (const std::string& destination : destinations) {
        atoms.insert(absl::StrCat(source, " ", destination, " ",
                                  flow.SerializeAsString()));
      }
    }
  }
  return atoms;
}

TEST(MergeFlows, ManySourcesOfOnePortBecomeOneFlow) {
  Flows flows;
  for (int i = 0; i < 1000; ++i) {
    *flows.Add() = From(absl::StrCat("10.1.", i / 256, ".", i % 256), 80);
  }
  const Flows merged = MergeFlows(flows);
  ASSERT_EQ(merged.size(), 1);
  EXPECT_EQ(merged[0].sources_size(), 1000);
  EXPECT_EQ(Atoms(merged), Atoms(flows));
}

TEST(MergeFlows, AnAddressNamedTwiceIsSentOnce) {
  Flows flows;
  *flows.Add() = From("10.1.0.1", 80);
  *flows.Add() = From("10.1.0.1", 80);
  const Flows merged = MergeFlows(flows);
  ASSERT_EQ(merged.size(), 1);
  EXPECT_THAT(merged[0].sources(), ElementsAre("10.1.0.1"));
}

TEST(MergeFlows, AddressesStandInTheOrderOfTheirNumbers) {
  Flows flows;
  for (const char* source :
       {"fd09::1", "10.1.0.10", "10.1.0.0/24", "10.1.0.9"}) {
    *flows.Add() = From(source, 80);
  }
  EXPECT_THAT(MergeFlows(flows)[0].sources(),
              ElementsAre("10.1.0.0/24", "10.1.0.9", "10.1.0.10", "fd09::1"));
}

TEST(MergeFlows, OtherPortsStayApart) {
  Flows flows;
  *flows.Add() = From("10.1.0.1", 80);
  *flows.Add() = From("10.1.0.2", 81);
  EXPECT_EQ(MergeFlows(flows).size(), 2);
}

TEST(MergeFlows, AnybodySwallowsNobody) {
  Flows flows;
  *flows.Add() = From("10.1.0.1", 80);
  *flows.Add() = From("10.1.0.2", 80);
  flows.Mutable(1)->clear_sources();
  const Flows merged = MergeFlows(flows);
  ASSERT_EQ(merged.size(), 2);
  EXPECT_THAT(merged[0].sources(), ElementsAre("10.1.0.1"));
  EXPECT_TRUE(merged[1].sources().empty());
}

TEST(MergeFlows, CutsExactlyTheSameForRandomFlows) {
  std::mt19937 random(20);
  for (int round = 0; round < 200; ++round) {
    Flows flows;
    for (int i = 0; i < 30; ++i) {
      sunder::v1::Flow flow =
          From(absl::StrCat("10.1.0.", random() % 5), 80 + random() % 2);
      if (random() % 4 == 0) flow.clear_sources();
      if (random() % 4 == 0) flow.clear_destinations();
      if (random() % 2 == 0) flow.add_destinations("fd09::1");
      *flows.Add() = flow;
    }
    const Flows merged = MergeFlows(flows);
    EXPECT_LE(merged.size(), flows.size());
    ASSERT_EQ(Atoms(merged), Atoms(flows)) << "round " << round;
  }
}

}  // namespace
}  // namespace sunder::controller
