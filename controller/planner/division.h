// Members on sides, and which sides are cut from which: what a shape comes to.

#ifndef SUNDER_CONTROLLER_PLANNER_DIVISION_H_
#define SUNDER_CONTROLLER_PLANNER_DIVISION_H_

#include <set>
#include <utility>
#include <vector>

#include "controller/planner/member.h"

namespace sunder::controller {

// The side of members that are cut from nobody.
inline constexpr int kNoSide = -1;

struct Division {
  struct Sided {
    Member member;
    int side = kNoSide;
  };
  std::vector<Sided> members;

  // (from, to): what a member of `from` sends to another member of `to` is
  // dropped. A side may be cut from itself: its members are isolated.
  std::set<std::pair<int, int>> cuts;

  // By index into `members`. Nobody is ever cut from itself.
  bool IsCut(size_t from, size_t to) const {
    return from != to && cuts.contains({members[from].side, members[to].side});
  }
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_DIVISION_H_
