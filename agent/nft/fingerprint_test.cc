#include "agent/nft/fingerprint.h"

#include <set>
#include <string>

#include "agent/nft/elements.h"
#include "agent/nft/expressions.h"
#include "agent/nft/linux_nftables.h"
#include "gtest/gtest.h"

namespace sunder::agent::nft {
namespace {

// The number is written into the kernel, and read by later builds.
TEST(Fingerprint, IsTheSameOnEveryBuild) {
  EXPECT_EQ(Fingerprint(""), 0xdf442d24346930afu);
  EXPECT_EQ(Fingerprint("abcdefghi"), 0x3e38fadfe8fbd422u);
}

TEST(Fingerprint, DiffersWhereOneBitOrTheLengthDoes) {
  std::set<uint64_t> seen;
  std::string bytes(13, '\0');
  for (size_t n = 0; n <= bytes.size(); ++n) {
    EXPECT_TRUE(seen.insert(Fingerprint(bytes.substr(0, n))).second);
  }
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string other = bytes;
    other[bit / 8] = static_cast<char>(1 << bit % 8);
    EXPECT_TRUE(seen.insert(Fingerprint(other)).second) << bit;
  }
}

TEST(Fingerprint, OfASetIsOfItsElementsInAnyOrder) {
  Set set;
  set.fields = {Field::kSource};
  set.keys = std::string("\x0a\0\0\1\x0a\0\0\2", 8);
  const SetTag tag = TagOf(set);
  EXPECT_EQ(tag.count, 2u);
  set.keys = std::string("\x0a\0\0\2\x0a\0\0\1", 8);
  EXPECT_EQ(TagOf(set), tag);
  set.keys.back() = 3;
  EXPECT_NE(TagOf(set).fingerprint, tag.fingerprint);
  set.interval = true;  // One that begins it and one behind it.
  EXPECT_EQ(TagOf(set).count, 2u);
  set.keys = std::string("\x0a\0\0\1\xff\xff\xff\xff", 8);
  EXPECT_EQ(TagOf(set).count, 1u);
}

// One expression of a rule, its attributes put by `put`.
template <typename Put>
std::string Expression(const std::string& name, uint16_t mark, Put put) {
  Writer w;
  const size_t element = w.OpenNest(NFTA_LIST_ELEM);
  w.PutString(NFTA_EXPR_NAME, name);
  const size_t data = w.OpenNest(NFTA_EXPR_DATA);
  put(w);
  w.CloseNest(data);
  w.CloseNest(element);
  std::string bytes = w.bytes();
  if (mark == 0) {  // As the kernel writes a nest.
    for (size_t at : {element, data}) {
      bytes[at + 3] &= static_cast<char>(~(NLA_F_NESTED >> 8));
    }
  }
  return bytes;
}

uint64_t Of(const std::string& bytes) { return *RuleFingerprint(bytes); }

TEST(RuleFingerprint, TakesTheKernelsWayOfWritingForTheSame) {
  const std::string sent = Expression("lookup", NLA_F_NESTED, [](Writer& w) {
    w.PutString(NFTA_LOOKUP_SET, "set0");
    w.PutU32(NFTA_LOOKUP_SREG, NFT_REG_1);
  });
  const std::string listed = Expression("lookup", 0, [](Writer& w) {
    w.PutU32(NFTA_LOOKUP_FLAGS, 0);
    w.PutU32(NFTA_LOOKUP_SREG, NFT_REG_1);
    w.PutString(NFTA_LOOKUP_SET, "set0");
  });
  EXPECT_EQ(Of(sent), Of(listed));
  const auto counter = [](uint64_t packets) {
    return Expression("counter", 0, [=](Writer& w) {
      w.PutU64(NFTA_COUNTER_PACKETS, packets);
    });
  };
  EXPECT_EQ(Of(counter(1)), Of(counter(2)));
  EXPECT_NE(Of(counter(1) + sent), Of(sent + counter(1)));
}

TEST(RuleFingerprint, DiffersWhereTheRuleDoes) {
  Program program;
  program.sets.resize(2);
  program.sets[0].name = "set0";
  program.sets[0].fields = {Field::kSource, Field::kProtocol};
  program.sets[1].name = "set1";
  program.sets[1].fields = {Field::kSource, Field::kProtocol};
  const Rule rule{Family::kIpv4, {InSet{0}, Equals{Field::kProtocol, "\x06"}}};
  std::vector<Rule> rules(5, rule);
  rules[1].family = Family::kIpv6;
  rules[2].matches[0] = InSet{1};
  rules[3].matches[1] = Equals{Field::kProtocol, "\x11"};
  rules[4].matches.pop_back();
  std::set<uint64_t> seen;
  for (const Rule& one : rules) {
    for (const auto put : {PutCut, PutSpare}) {
      Writer writer;
      put(one, program, writer);
      EXPECT_TRUE(seen.insert(Of(writer.bytes())).second);
    }
  }
  for (const GateId gate : {1, 2}) {
    Writer writer;
    PutLeasedDrop(gate, writer);
    EXPECT_TRUE(seen.insert(Of(writer.bytes())).second);
  }
}

TEST(RuleFingerprint, OfBytesThatDoNotAddUpIsRefused) {
  Writer writer;
  PutLeasedDrop(1, writer);
  EXPECT_FALSE(
      RuleFingerprint(writer.bytes().substr(0, writer.bytes().size() - 1))
          .ok());
}

}  // namespace
}  // namespace sunder::agent::nft
