#include "controller/planner/tcp_target.h"

#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

TEST(TcpTarget, ReadsAddressesAndNames) {
  const std::pair<const char*, const char*> targets[] = {
      {"10.9.0.1:7000", "10.9.0.1"},
      {"n1.example:7000", "n1.example"},
      {"[fd09::1]:7000", "fd09::1"},
      {"dns:n1:7000", "n1"},
      {"dns:///n1:7000", "n1"},
      {"dns://8.8.8.8/n1:7000", "n1"},
      {"ipv4:10.9.0.1:7000", "10.9.0.1"},
      {"ipv6:[fd09::1]:7000", "fd09::1"},
      {"ipv6:///[fd09::1]:7000", "fd09::1"}};
  for (const auto& [text, host] : targets) {
    const auto target = ParseTcpTarget(text);
    ASSERT_TRUE(target) << text;
    EXPECT_EQ(target->host, host) << text;
    EXPECT_EQ(target->port, 7000u) << text;
  }
}

TEST(TcpTarget, OthersAreNotOverTcp) {
  for (const char* text :
       {"", "unix:/run/n1.sock", "unix:///run/n1.sock", "unix-abstract:n1:7000",
        "n1", "n1:", "n1:0", "n1:65536", "n1:x", "[fd09::1:7000", "dns://x"}) {
    EXPECT_FALSE(ParseTcpTarget(text)) << text;
  }
}

}  // namespace
}  // namespace sunder::controller
