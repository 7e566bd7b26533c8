#include "agent/nft/user_data.h"

#include <string>

#include "gtest/gtest.h"

namespace sunder::agent::nft {
namespace {

const TableTag kTable = {
    {"f00dfeed", 0x0123456789abcdef, std::string("\0\xff\x80", 3)},
    7,
    100'000,
    3};

TEST(UserData, AreReadBackAsTheyWereWritten) {
  const auto table = DecodeTableTag(Encode(kTable));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(*table, kTable);
  for (const RuleTag& tag : {RuleTag{RuleTag::Kind::kCut, 70'000, 1},
                             RuleTag{RuleTag::Kind::kTimedGate, 0},
                             RuleTag{RuleTag::Kind::kOpenGate, 0}}) {
    const auto rule = DecodeRuleTag(Encode(tag));
    ASSERT_TRUE(rule.ok()) << rule.status();
    EXPECT_EQ(*rule, tag);
  }
  const SetTag tag{100'000, 0xfedcba9876543210};
  const auto set = DecodeSetTag(Encode(tag));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(*set, tag);
}

TEST(UserData, TheLongestFitIntoWhatTheKernelTakes) {
  TableTag tag = kTable;
  tag.key.fault_id = std::string(64, 'f');
  tag.key.digest = std::string(64, 'd');
  EXPECT_LE(Encode(tag).size(), 256u);
}

TEST(UserData, OfOthersOrCutOffAreRefused) {
  const std::string bytes = Encode(kTable);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(DecodeTableTag(bytes.substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(DecodeTableTag("a comment").ok());
  EXPECT_FALSE(DecodeTableTag(std::string("\0\x02hi", 4)).ok());
  EXPECT_FALSE(DecodeTableTag(Encode(RuleTag{})).ok());
  EXPECT_FALSE(DecodeRuleTag(bytes).ok());
  EXPECT_FALSE(DecodeSetTag(bytes).ok());
  EXPECT_FALSE(DecodeSetTag("").ok());
  EXPECT_FALSE(
      DecodeRuleTag(Encode(RuleTag{static_cast<RuleTag::Kind>(6), 0})).ok());
}

TEST(UserData, OfAnotherVersionAreRefused) {
  std::string bytes = Encode(kTable);
  ++bytes[2];  // The version's value.
  EXPECT_FALSE(DecodeTableTag(bytes).ok());
}

TEST(UserData, EntriesOfALaterTimeAreSkipped) {
  const auto table =
      DecodeTableTag(Encode(kTable) + std::string("\xf0\x01x", 3));
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(*table, kTable);
}

}  // namespace
}  // namespace sunder::agent::nft
