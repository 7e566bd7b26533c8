// What a fault is about: a host, a task, or an address range outside.

#ifndef SUNDER_CONTROLLER_PLANNER_MEMBER_H_
#define SUNDER_CONTROLLER_PLANNER_MEMBER_H_

#include <compare>
#include <string>
#include <utility>

namespace sunder::controller {

enum class MemberKind { kHost, kTask, kExternal };

struct Member {
  MemberKind kind = MemberKind::kHost;
  std::string name;  // The host's name, the task's id, or the prefix's text.

  friend auto operator<=>(const Member&, const Member&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Member& m) {
    return H::combine(std::move(h), m.kind, m.name);
  }
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_MEMBER_H_
