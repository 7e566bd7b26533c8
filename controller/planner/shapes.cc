#include "controller/planner/shapes.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/planner/overlap.h"
#include "controller/planner/random.h"
#include "controller/planner/rest.h"
#include "controller/planner/selector.h"
#include "controller/planner/shown.h"

namespace sunder::controller {
namespace {

using Members = std::vector<Member>;

absl::Status BadShape(absl::string_view message, absl::string_view advice,
                      absl::string_view reason = "BAD_SHAPE") {
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument, message, reason,
                         "shape", advice);
}

absl::StatusOr<Members> SelectMembers(const TopologyIndex& topology,
                                      const std::string& selector,
                                      absl::string_view field) {
  if (selector.empty()) {
    return BadShape(absl::StrCat(field, " names nobody"),
                    "Give a selector, as in: n1,n2 or /shop/cart");
  }
  absl::StatusOr<Selection> selection = Select(topology, selector);
  if (!selection.ok()) return selection.status();
  return std::move(selection->members);
}

void AddSide(Division& division, const Members& members, int side) {
  for (const Member& member : members) {
    division.members.push_back({member, side});
  }
}

// Two sides that do not hear each other: the first `size` and the others.
Division TwoSides(const Members& members, size_t size) {
  Division division;
  for (size_t i = 0; i < members.size(); ++i) {
    division.members.push_back({members[i], i < size ? 0 : 1});
  }
  division.cuts = {{0, 1}, {1, 0}};
  return division;
}

absl::StatusOr<Division> Complete(const TopologyIndex& topology,
                                  const v1::Shape::Complete& shape) {
  const bool isolated = shape.rest() == v1::REST_ISOLATED;
  const int count = shape.groups_size();
  if (count < (isolated ? 1 : 2)) {
    return BadShape(
        absl::StrCat("a complete partition of ", count, " groups"),
        "Give two groups or more, as in n1,n2|n3, or one with the rest "
        "isolated");
  }
  Division division;
  for (int side = 0; side < count; ++side) {
    const auto members = SelectMembers(topology, shape.groups(side),
                                       absl::StrCat("group ", side + 1));
    if (!members.ok()) return members.status();
    AddSide(division, *members, side);
  }
  const auto rest = RestOf(topology, division, shape);
  if (!rest.ok()) return rest.status();
  AddSide(division, *rest, isolated ? count : kNoSide);
  const int sides = isolated && !rest->empty() ? count + 1 : count;
  for (int from = 0; from < sides; ++from) {
    for (int to = 0; to < sides; ++to) {
      if (from != to || from == count) division.cuts.emplace(from, to);
    }
  }
  return division;
}

absl::StatusOr<Division> Pair(const TopologyIndex& topology,
                              const std::string& a, const std::string& b,
                              bool both_ways) {
  const auto from = SelectMembers(topology, a, "the first side");
  if (!from.ok()) return from.status();
  const auto to = SelectMembers(topology, b, "the second side");
  if (!to.ok()) return to.status();
  Division division;
  AddSide(division, *from, 0);
  AddSide(division, *to, 1);
  division.cuts = {{0, 1}};
  if (both_ways) division.cuts.emplace(1, 0);
  return division;
}

absl::StatusOr<Members> AtLeastTwo(const TopologyIndex& topology,
                                   const std::string& selector) {
  absl::StatusOr<Members> members =
      SelectMembers(topology, selector, "the shape");
  if (members.ok() && members->size() < 2) {
    return BadShape(absl::StrCat("\"", Shown(selector),
                                 "\" is a single member; there is nobody to "
                                 "part it from"),
                    "Name two members or more");
  }
  return members;
}

absl::StatusOr<Division> Halves(const TopologyIndex& topology,
                                const v1::Shape::Halves& shape) {
  const auto members = AtLeastTwo(topology, shape.of());
  if (!members.ok()) return members.status();
  return TwoSides(*members, members->size() / 2);
}

absl::StatusOr<Division> RandomHalves(const TopologyIndex& topology,
                                      const v1::Shape::RandomHalves& shape,
                                      uint64_t seed) {
  auto members = AtLeastTwo(topology, shape.of());
  if (!members.ok()) return members.status();
  Random random(seed);
  Shuffle(*members, random);
  return TwoSides(*members, members->size() / 2);
}

absl::StatusOr<Division> IsolateOne(const TopologyIndex& topology,
                                    const v1::Shape::IsolateOne& shape,
                                    uint64_t seed) {
  auto members = AtLeastTwo(topology, shape.of());
  if (!members.ok()) return members.status();
  auto chosen = members->begin() +
                static_cast<ptrdiff_t>(Random(seed).Below(members->size()));
  if (!shape.one().empty()) {
    const auto one = SelectMembers(topology, shape.one(), "the one");
    if (!one.ok()) return one.status();
    const auto found = std::find(members->begin(), members->end(), (*one)[0]);
    if (one->size() != 1 || found == members->end()) {
      return BadShape(
          absl::StrCat("\"", Shown(shape.one()), "\" is ",
                       one->size() == 1 ? "not one of the members"
                                        : "not a single member"),
          "Name one of the members to isolate, or none to have it picked");
    }
    chosen = found;
  }
  std::rotate(members->begin(), chosen, chosen + 1);
  return TwoSides(*members, 1);
}

absl::StatusOr<Division> Majority(const TopologyIndex& topology,
                                  const v1::Shape::Majority& shape) {
  const auto members = AtLeastTwo(topology, shape.of());
  if (!members.ok()) return members.status();
  const size_t size =
      shape.size() == 0 ? members->size() / 2 + 1 : shape.size();
  if (size >= members->size()) {
    return BadShape(absl::StrCat("a side of ", size, " of ", members->size(),
                                 " members leaves nobody on the other"),
                    "Give a smaller size, or name more members");
  }
  return TwoSides(*members, size);
}

absl::StatusOr<Division> DivideByKind(const TopologyIndex& topology,
                                      const v1::Shape& shape, uint64_t seed) {
  switch (shape.kind_case()) {
    case v1::Shape::kComplete:
      return Complete(topology, shape.complete());
    case v1::Shape::kPartial:
      return Pair(topology, shape.partial().a(), shape.partial().b(), true);
    case v1::Shape::kSimplex:
      return Pair(topology, shape.simplex().from(), shape.simplex().to(),
                  false);
    case v1::Shape::kHalves:
      return Halves(topology, shape.halves());
    case v1::Shape::kRandomHalves:
      return RandomHalves(topology, shape.random_halves(), seed);
    case v1::Shape::kIsolateOne:
      return IsolateOne(topology, shape.isolate_one(), seed);
    case v1::Shape::kMajority:
      return Majority(topology, shape.majority());
    case v1::Shape::KIND_NOT_SET:
      break;
  }
  return BadShape("the fault has no shape that this controller knows",
                  "Give a shape, or use a controller as new as its client",
                  "UNKNOWN_ENUM");
}

}  // namespace

absl::StatusOr<Division> Divide(const TopologyIndex& topology,
                                const v1::Shape& shape, uint64_t seed) {
  absl::StatusOr<Division> division = DivideByKind(topology, shape, seed);
  if (!division.ok()) return division;
  absl::Status status = CheckNoOverlap(topology, *division);
  if (!status.ok()) return status;
  if (division->cuts.empty()) {
    return BadShape(
        "the one group holds everybody; there is nobody to part "
        "it from",
        "Name fewer members, or others with `among`");
  }
  return division;
}

}  // namespace sunder::controller
