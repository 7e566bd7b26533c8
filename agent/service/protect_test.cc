#include "agent/service/protect.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

std::multiset<std::string> Protected(const std::string& listen,
                                     const std::vector<std::string>& addresses,
                                     v1::StageRequest request = {}) {
  std::vector<Address> parsed;
  parsed.reserve(addresses.size());
  for (const std::string& a : addresses) parsed.push_back(*Address::Parse(a));
  Protect(listen, parsed, request);
  std::multiset<std::string> result;
  for (const auto& tuple : request.protected_()) {
    result.insert(absl::StrCat(tuple.local_address(), " ", tuple.port(), " ",
                               tuple.peer(),
                               tuple.port_is_remote() ? " remote" : ""));
  }
  return result;
}

using testing::UnorderedElementsAre;

TEST(Protect, SshAndTheAgentsOwnPortAreAlwaysThere) {
  EXPECT_THAT(
      Protected("10.9.0.1:7401", {"10.9.0.1", "fd09::1"}),
      UnorderedElementsAre("10.9.0.1 22 ", "fd09::1 22 ", "10.9.0.1 7401 "));
}

TEST(Protect, AWildcardOrANameMeansEveryAddress) {
  for (const char* listen : {"0.0.0.0:7401", "[::]:7401", "n1:7401"}) {
    EXPECT_THAT(Protected(listen, {"10.9.0.1"}),
                UnorderedElementsAre("10.9.0.1 22 ", "10.9.0.1 7401 "));
  }
}

TEST(Protect, AUnixSocketNeedsNoTuple) {
  EXPECT_THAT(Protected("unix:/run/x.sock", {"10.9.0.1"}),
              UnorderedElementsAre("10.9.0.1 22 "));
}

TEST(Protect, WhatTheControllerSendsStaysAndIsMadeExplicit) {
  v1::StageRequest request;
  auto* tuple = request.add_protected_();
  tuple->set_port(5051);
  tuple->set_peer("10.8.0.0/24");
  tuple->set_port_is_remote(true);
  tuple = request.add_protected_();
  tuple->set_local_address("10.9.0.7");
  tuple->set_port(80);
  EXPECT_THAT(
      Protected("unix:/x", {"10.9.0.1", "fd09::1"}, request),
      UnorderedElementsAre("10.9.0.1 5051 10.8.0.0/24 remote", "10.9.0.7 80 ",
                           "10.9.0.1 22 ", "fd09::1 22 "));
}

TEST(Protect, WithoutKnownAddressesTheTuplesStayAsTheyAre) {
  EXPECT_THAT(Protected("unix:/x", {}), UnorderedElementsAre(" 22 "));
}

}  // namespace
}  // namespace sunder::agent
