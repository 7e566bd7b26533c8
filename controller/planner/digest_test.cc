#include "controller/planner/digest.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

TEST(Digest, IsTheSha256OfTheContent) {
  // Of no bytes: FIPS 180-4's own example.
  EXPECT_EQ(absl::BytesToHexString(Digest({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  v1::HostPlan plan;
  plan.set_host("abc");  // Bytes 0a 03 'a' 'b' 'c'.
  EXPECT_EQ(absl::BytesToHexString(Digest(plan)),
            "8ab7a6c5e74737878ac73863cb76739d15d4666de44e5756bf55a2f9e9ab5f44");
}

TEST(Digest, ChangesWithEveryField) {
  v1::HostPlan plan;
  plan.add_flows()->add_sources("10.9.0.1");
  const std::string before = Digest(plan);
  plan.mutable_flows(0)->set_protocol(v1::PROTOCOL_TCP);
  const std::string after = Digest(plan);
  EXPECT_NE(before, after);
  plan.add_protected_()->set_port(22);
  EXPECT_NE(after, Digest(plan));
}

}  // namespace
}  // namespace sunder::controller
