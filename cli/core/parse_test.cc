#include "cli/core/parse.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseDuration, TakesWhatGoTakes) {
  EXPECT_EQ(*ParseDuration("30s"), absl::Seconds(30));
  EXPECT_EQ(*ParseDuration("5m"), absl::Minutes(5));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("1.5s"), absl::Milliseconds(1500));
}

TEST(ParseDuration, IsTheReverseOfPrinting) {
  for (absl::Duration d = absl::Milliseconds(1); d < absl::Hours(24);
       d = d * 3 + absl::Milliseconds(7)) {
    EXPECT_EQ(*ParseDuration(absl::FormatDuration(d)), d);
  }
}

TEST(ParseDuration, RefusesWhatCannotBeADurationAndSaysWhatCan) {
  for (const char* text :
       {"", "30", "0", "0s", "-5s", "inf", "-inf", "5 s", "5d", "s", "1h-2m"}) {
    const auto duration = ParseDuration(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(duration.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(duration.status().message()), HasSubstr("30s"));
  }
}

std::vector<std::pair<int, int>> PortsOf(const std::string& text) {
  std::vector<std::pair<int, int>> ports;
  const auto parsed = ParsePorts(text);
  for (const v1::PortRange& range : parsed.value()) {
    ports.emplace_back(range.first(), range.last());
  }
  return ports;
}

TEST(ParsePorts, TakesPortsAndRanges) {
  EXPECT_THAT(PortsOf(""), ElementsAre());
  EXPECT_THAT(PortsOf("2551"), ElementsAre(std::pair(2551, 2551)));
  EXPECT_THAT(PortsOf("1,7000-7100,65535"),
              ElementsAre(std::pair(1, 1), std::pair(7000, 7100),
                          std::pair(65535, 65535)));
}

TEST(ParsePorts, RefusesWhatIsNoPortAndNamesIt) {
  for (const char* text :
       {"0", "65536", "http", "7100-7000", "1-", "-1", "1--2", "1,,2", ",",
        " 80", "80 ", "+80", "1-2-3", "99999999999999999999"}) {
    const auto ports = ParsePorts(text);
    ASSERT_FALSE(ports.ok()) << text;
    EXPECT_EQ(ports.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(std::string(ParsePorts("80,http").status().message()),
              HasSubstr("'http'"));
}

TEST(ParseProtocol, KnowsFourAndNone) {
  EXPECT_EQ(*ParseProtocol(""), v1::PROTOCOL_UNSPECIFIED);
  EXPECT_EQ(*ParseProtocol("tcp"), v1::PROTOCOL_TCP);
  EXPECT_EQ(*ParseProtocol("udp"), v1::PROTOCOL_UDP);
  EXPECT_EQ(*ParseProtocol("sctp"), v1::PROTOCOL_SCTP);
  EXPECT_EQ(*ParseProtocol("icmp"), v1::PROTOCOL_ICMP);
  EXPECT_FALSE(ParseProtocol("TCP").ok());
  EXPECT_FALSE(ParseProtocol("quic").ok());
}

TEST(ParseGroups, SplitsAtBarsAndLeavesSelectorsAlone) {
  EXPECT_THAT(*ParseGroups("n1,n2|n3,n4,n5"), ElementsAre("n1,n2", "n3,n4,n5"));
  EXPECT_THAT(*ParseGroups(" rack in (a, b) | n3 "),
              ElementsAre("rack in (a, b)", "n3"));
  EXPECT_THAT(*ParseGroups("n1"), ElementsAre("n1"));
}

TEST(ParseGroups, RefusesAnEmptyGroup) {
  for (const char* text : {"", "|", "n1|", "|n1", "n1||n2", "n1| |n2"}) {
    EXPECT_FALSE(ParseGroups(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sunder::cli
