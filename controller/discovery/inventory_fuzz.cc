// Whatever the file: an inventory that holds its promises, or errors with the
// file's name.

#include <cstdint>
#include <cstdlib>
#include <set>

#include "absl/strings/match.h"
#include "common/address.h"
#include "controller/discovery/inventory.h"

namespace sunder::controller {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void Check(const sunder::v1::Topology& topology) {
  std::set<std::string> hosts, tasks, addresses;
  for (const auto& host : topology.hosts()) {
    Require(!host.name().empty() && hosts.insert(host.name()).second);
    for (const std::string& address : host.addresses()) {
      Require(Address::Parse(address).ok());
      Require(addresses.insert(address).second);
    }
  }
  for (const auto& task : topology.tasks()) {
    Require(!task.id().empty() && tasks.insert(task.id()).second);
    Require(hosts.count(task.host()) == 1);
    for (const auto& endpoint : task.endpoints()) {
      Require(endpoint.port() >= 1 && endpoint.port() <= 65535);
    }
  }
  sunder::v1::Topology back;
  Require(back.ParseFromString(topology.SerializeAsString()));
}

}  // namespace
}  // namespace sunder::controller

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sunder::controller;  // NOLINT(google-build-using-namespace)
  const auto topology = ParseInventory(
      std::string(reinterpret_cast<const char*>(data), size), "fuzz.yaml");
  if (topology.ok()) {
    Check(*topology);
  } else {
    Require(absl::StartsWith(topology.status().message(), "fuzz.yaml:"));
  }
  return 0;
}
