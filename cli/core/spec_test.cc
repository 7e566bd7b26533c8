#include "cli/core/spec.h"

#include "cli/testing/faults.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::HasSubstr;

std::string Compact(const google::protobuf::Message& message) {
  return message.ShortDebugString();
}

TEST(PartitionShape, NamesTheShapeAndWhomItDivides) {
  EXPECT_EQ(Compact(*PartitionShape({.selector = "/a", .shape = "halves"})),
            R"(halves { of: "/a" })");
  EXPECT_EQ(
      Compact(*PartitionShape({.selector = "/a", .shape = "random-halves"})),
      R"(random_halves { of: "/a" })");
  EXPECT_EQ(Compact(*PartitionShape({.selector = "/a", .shape = "majority"})),
            R"(majority { of: "/a" })");
  EXPECT_EQ(Compact(*PartitionShape(
                {.selector = "/a", .shape = "majority", .size = 2})),
            R"(majority { of: "/a" size: 2 })");
  EXPECT_EQ(
      Compact(*PartitionShape({.selector = "/a", .shape = "isolate-one"})),
      R"(isolate_one { of: "/a" })");
  EXPECT_EQ(Compact(*PartitionShape(
                {.selector = "/a", .shape = "isolate-one", .one = "host:n1"})),
            R"(isolate_one { of: "/a" one: "host:n1" })");
}

TEST(PartitionShape, TakesGroupsAndWhatBecomesOfTheRest) {
  EXPECT_EQ(Compact(*PartitionShape({.groups = "n1,n2|n3"})),
            R"(complete { groups: "n1,n2" groups: "n3" rest: REST_BRIDGE })");
  EXPECT_EQ(
      Compact(*PartitionShape(
          {.groups = "n1", .rest = "isolated", .among = "rack=r1"})),
      R"(complete { groups: "n1" rest: REST_ISOLATED among: "rack=r1" })");
  EXPECT_EQ(Compact(*PartitionShape({.groups = "n1|n2", .rest = "error"})),
            R"(complete { groups: "n1" groups: "n2" rest: REST_ERROR })");
}

TEST(PartitionShape, RefusesOptionsThatContradictEachOther) {
  const PartitionOptions contradictions[] = {
      {},
      {.selector = "/a"},
      {.shape = "halves"},
      {.selector = "/a", .shape = "thirds"},
      {.selector = "/a", .shape = "halves", .one = "n1"},
      {.selector = "/a", .shape = "halves", .size = 2},
      {.selector = "/a", .shape = "halves", .rest = "bridge"},
      {.selector = "/a", .shape = "halves", .among = "n1"},
      {.selector = "/a", .groups = "n1|n2"},
      {.shape = "halves", .groups = "n1|n2"},
      {.size = 1, .groups = "n1|n2"},
      {.groups = "n1|"},
      {.groups = "n1|n2", .rest = "alone"},
  };
  for (const PartitionOptions& options : contradictions) {
    EXPECT_EQ(PartitionShape(options).status().code(),
              absl::StatusCode::kInvalidArgument)
        << options.selector << " " << options.shape << " " << options.groups;
  }
}

TEST(CutShape, OneWayDropsWhatTheFirstSends) {
  EXPECT_EQ(Compact(CutShape({.a = "n1", .b = "n2"})),
            R"(partial { a: "n1" b: "n2" })");
  EXPECT_EQ(Compact(CutShape({.a = "n1", .b = "n2", .one_way = true})),
            R"(simplex { from: "n1" to: "n2" })");
}

TEST(MakeSpec, SaysEverythingThatWasAskedFor) {
  FaultOptions options;
  options.duration = "1m0.5s";
  options.name = "cart";
  options.seed = 42;
  options.protocol = "tcp";
  options.ports = "6379,7000-7100";
  options.hold = true;
  options.on_partial = "continue";
  const v1::Shape shape = CutShape({.a = "n1", .b = "n2"});
  EXPECT_EQ(Compact(*MakeSpec(options, shape, "me@here")),
            Compact(FromText<v1::FaultSpec>(R"pb(
              name: "cart"
              owner: "me@here"
              shape { partial { a: "n1" b: "n2" } }
              filter {
                protocol: PROTOCOL_TCP
                ports { first: 6379 last: 6379 }
                ports { first: 7000 last: 7100 }
              }
              behaviour { drop {} }
              duration { seconds: 60 nanos: 500000000 }
              seed: 42
              hold: true
              on_partial: PARTIAL_POLICY_CONTINUE
            )pb")));
}

TEST(MakeSpec, LastsAMinuteAndHealsWhatIsPartialUnlessAskedOtherwise) {
  const v1::FaultSpec spec = *MakeSpec({}, v1::Shape(), "me@here");
  EXPECT_EQ(spec.duration().seconds(), 60);
  EXPECT_EQ(spec.on_partial(), v1::PARTIAL_POLICY_HEAL);
  EXPECT_FALSE(spec.hold());
  EXPECT_EQ(spec.seed(), 0u);
}

TEST(MakeSpec, PassesOnWhatDoesNotParse) {
  const auto message = [](const FaultOptions& options) {
    const auto spec = MakeSpec(options, v1::Shape(), "");
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(spec.status().message());
  };
  EXPECT_THAT(message({.duration = "soon"}), HasSubstr("'soon'"));
  EXPECT_THAT(message({.protocol = "quic"}), HasSubstr("'quic'"));
  EXPECT_THAT(message({.ports = "http"}), HasSubstr("'http'"));
  EXPECT_THAT(message({.on_partial = "hope"}), HasSubstr("'hope'"));
}

}  // namespace
}  // namespace sunder::cli
