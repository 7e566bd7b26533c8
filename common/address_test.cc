#include "common/address.h"

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
