#include "controller/planner/spec_check.h"

#include <string>

#include "controller/planner/test_topology.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

v1::FaultSpec Good() {
  v1::FaultSpec spec;
  spec.mutable_behaviour()->mutable_drop();
  spec.mutable_duration()->set_seconds(60);
  spec.set_seed(1);
  return spec;
}

std::string Subject(const v1::FaultSpec& spec) {
  const absl::Status status = CheckSpec(spec);
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Advice(status), "");
  return GetErrorDetail(status)->subject();
}

TEST(SpecCheck, DurationsAreFromOneSecondToADay) {
  const auto subject = [](int64_t seconds, int32_t nanos) {
    v1::FaultSpec spec = Good();
    spec.mutable_duration()->set_seconds(seconds);
    spec.mutable_duration()->set_nanos(nanos);
    return Subject(spec);
  };
  EXPECT_EQ(subject(1, 0), "");
  EXPECT_EQ(subject(86400, 0), "");
  EXPECT_EQ(subject(86399, 999'999'999), "");
  EXPECT_EQ(subject(0, 999'999'999), "duration");
  EXPECT_EQ(subject(86400, 1), "duration");
  EXPECT_EQ(subject(-1, 0), "duration");
  EXPECT_EQ(subject(10, -1), "duration");
  EXPECT_EQ(subject(10, 1'000'000'000), "duration");
  EXPECT_EQ(subject(INT64_MAX, 0), "duration");
  v1::FaultSpec spec = Good();
  spec.clear_duration();
  EXPECT_EQ(Subject(spec), "duration");
}

TEST(SpecCheck, PortsAreRangesOfProtocolsThatHavePorts) {
  const auto subject = [](uint32_t first, uint32_t last,
                          v1::Protocol protocol) {
    v1::FaultSpec spec = Good();
    spec.mutable_filter()->set_protocol(protocol);
    spec.mutable_filter()->add_ports()->set_first(first);
    spec.mutable_filter()->mutable_ports(0)->set_last(last);
    return Subject(spec);
  };
  EXPECT_EQ(subject(1, 65535, v1::PROTOCOL_UNSPECIFIED), "");
  EXPECT_EQ(subject(80, 80, v1::PROTOCOL_SCTP), "");
  EXPECT_EQ(subject(0, 80, v1::PROTOCOL_TCP), "filter.ports");
  EXPECT_EQ(subject(80, 79, v1::PROTOCOL_TCP), "filter.ports");
  EXPECT_EQ(subject(80, 65536, v1::PROTOCOL_TCP), "filter.ports");
  EXPECT_EQ(subject(80, 0, v1::PROTOCOL_TCP), "filter.ports");
  EXPECT_EQ(subject(80, 80, v1::PROTOCOL_ICMP), "filter.ports");

  v1::FaultSpec spec = Good();
  spec.mutable_filter()->set_protocol(v1::PROTOCOL_ICMP);
  EXPECT_EQ(Subject(spec), "");
  for (int i = 0; i < 1025; ++i) {
    v1::PortRange& range = *spec.mutable_filter()->add_ports();
    range.set_first(1 + i);
    range.set_last(1 + i);
  }
  spec.mutable_filter()->set_protocol(v1::PROTOCOL_TCP);
  EXPECT_EQ(Subject(spec), "filter.ports");
}

TEST(SpecCheck, WhatANewerClientMeansIsRefusedNotGuessed) {
  v1::FaultSpec spec = Good();
  spec.mutable_filter()->set_protocol(static_cast<v1::Protocol>(99));
  EXPECT_EQ(Reason(CheckSpec(spec)), "UNKNOWN_ENUM");
  spec = Good();
  spec.set_on_partial(static_cast<v1::PartialPolicy>(99));
  EXPECT_EQ(Reason(CheckSpec(spec)), "UNKNOWN_ENUM");
  spec = Good();
  spec.clear_behaviour();
  EXPECT_EQ(Reason(CheckSpec(spec)), "UNKNOWN_ENUM");
  spec.mutable_behaviour();
  EXPECT_EQ(Reason(CheckSpec(spec)), "UNKNOWN_ENUM");
}

TEST(SpecCheck, TextsAreShortAndPlain) {
  v1::FaultSpec spec = Good();
  spec.set_name(std::string(200, 'x'));
  spec.set_owner("Zo\xc3\xab");
  EXPECT_EQ(Subject(spec), "");
  spec.set_name(std::string(201, 'x'));
  EXPECT_EQ(Subject(spec), "name");
  spec.set_name("");
  spec.set_owner("\x1b[2J");
  EXPECT_EQ(Subject(spec), "owner");
}

TEST(SpecCheck, TheCallerDrawsTheSeed) {
  v1::FaultSpec spec = Good();
  spec.set_seed(0);
  EXPECT_EQ(Subject(spec), "seed");
  spec.set_seed(UINT64_MAX);
  EXPECT_EQ(Subject(spec), "");
}

}  // namespace
}  // namespace sunder::controller
