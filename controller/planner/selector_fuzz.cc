// Whatever the text: a selection that holds its promises, or an error with
// advice.

#include <cstdint>
#include <cstdlib>
#include <set>

#include "absl/strings/str_cat.h"
#include "controller/planner/selector.h"
#include "controller/planner/test_topology.h"

namespace sunder::controller {
namespace {

const v1::Topology& FuzzTopology() {
  static const auto* const kTopology = [] {
    auto* topology = new v1::Topology(Hosts(3));
    (*topology->mutable_hosts(0)->mutable_labels())["rack"] = "r1";
    AddHostTask(*topology, "cart.1", "/shop/cart", "n1", 80);
    AddHostTask(*topology, "n2", "/odd", "n2", 81);
    (*topology->mutable_tasks(0)->mutable_labels())["tier"] = "web";
    topology->add_apps()->set_id("/empty");
    return topology;
  }();
  return *kTopology;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

const char* PrefixOf(MemberKind kind) {
  switch (kind) {
    case MemberKind::kHost:
      return "host:";
    case MemberKind::kTask:
      return "task:";
    case MemberKind::kExternal:
      return "cidr:";
  }
  return "";
}

void Check(absl::string_view text) {
  static const auto* const kIndex = new TopologyIndex(FuzzTopology());
  const absl::StatusOr<Selection> selection = Select(*kIndex, text);
  if (!selection.ok()) {
    Require(!Advice(selection.status()).empty());
    return;
  }
  Require(!selection->members.empty());
  std::set<Member> seen;
  for (const Member& member : selection->members) {
    Require(seen.insert(member).second);
    const auto again =
        Select(*kIndex, absl::StrCat(PrefixOf(member.kind), member.name));
    Require(again.ok() && again->members.size() == 1 &&
            again->members[0] == member);
  }
}

}  // namespace
}  // namespace sunder::controller

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sunder::controller::Check(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
