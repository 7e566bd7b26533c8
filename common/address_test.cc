#include "common/address.h"

#include <arpa/inet.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sunder {
namespace {

Prefix P(absl::string_view text) { return *Prefix::Parse(text); }
Address A(absl::string_view text) { return *Address::Parse(text); }

TEST(Address, ReadsAndPrintsBothFamilies) {
  EXPECT_EQ(A("10.9.0.1").ToString(), "10.9.0.1");
  EXPECT_EQ(A("FD09:0:0::1").ToString(), "fd09::1");
  EXPECT_FALSE(A("10.9.0.1").is_v6());
}

TEST(Address, AMappedAddressIsTheIpv4AddressOnTheWire) {
  EXPECT_EQ(A("::ffff:10.0.0.1"), A("10.0.0.1"));
}

TEST(Address, RefusesWhatIsNotExactlyAnAddress) {
  for (absl::string_view bad :
       {"", "10.0.0", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1/32", "fe80::1%eth0",
        "[::1]", "n1", "1.2.3.4.5", "::1::"}) {
    EXPECT_FALSE(Address::Parse(bad).ok()) << bad;
  }
  EXPECT_FALSE(Address::Parse(absl::string_view("1.2.3.4\0x", 9)).ok());
}

TEST(Address, OfIpv4TakesWhatTheLibraryTakesAndNothingElse) {
  std::mt19937 random(4);
  const std::string alphabet = "0123456789.5.20 x-";
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text =
        i % 2 == 0 ? "10.20.30.255"
                   : absl::StrCat(random() % 300, ".0.", random() % 12, ".7");
    for (auto changes = random() % 3; changes > 0; --changes) {
      const size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.replace(at, 2, 1, c);
      }
    }
    std::array<uint8_t, 4> bytes{};
    const bool good = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
    const auto address = Address::Parse(text);
    ASSERT_EQ(address.ok(), good) << text;
    if (good) {
      ASSERT_EQ(*address, Address::V4(bytes)) << text;
      ++taken;
    }
  }
  EXPECT_GT(taken, 10'000);
}

TEST(Prefix, AnAddressIsItsOwnPrefix) {
  EXPECT_TRUE(P("10.0.0.1").is_single());
  EXPECT_EQ(P("10.0.0.1/32").ToString(), "10.0.0.1");
  EXPECT_EQ(P("fd09::/16").ToString(), "fd09::/16");
}

TEST(Prefix, ContainsFromItsFirstToItsLastAddress) {
  const Prefix p = P("10.1.2.128/25");
  EXPECT_TRUE(p.Contains(A("10.1.2.128")));
  EXPECT_TRUE(p.Contains(p.Last()));
  EXPECT_EQ(p.Last(), A("10.1.2.255"));
  EXPECT_FALSE(p.Contains(A("10.1.2.127")));
  EXPECT_FALSE(p.Contains(A("10.1.3.0")));
  EXPECT_FALSE(P("0.0.0.0/0").Contains(A("::1")));
  EXPECT_TRUE(P("::/0").Contains(A("fd09::1")));
}

TEST(Prefix, RefusesBitsBehindItsLengthAndBadLengths) {
  for (absl::string_view bad : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/",
                                "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "/8"}) {
    EXPECT_FALSE(Prefix::Parse(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace sunder
