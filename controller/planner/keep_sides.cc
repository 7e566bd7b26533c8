#include "controller/planner/keep_sides.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/error_detail.h"

namespace sunder::controller {
namespace {

using Counts = std::array<int, 2>;

// Whether the shape has two sides that it fills by itself.
bool Fills(const v1::Shape& shape) {
  return shape.has_halves() || shape.has_random_halves() ||
         shape.has_majority() ||
         (shape.has_isolate_one() && shape.isolate_one().one().empty());
}

// Where one more member goes, when `now` are there and `once` were.
int SideForNew(const v1::Shape& shape, const Counts& now, const Counts& once) {
  for (const int side : {0, 1}) {
    if (now[side] < once[side]) return side;
  }
  if (shape.has_isolate_one()) return 1;
  if (shape.has_majority()) {
    return shape.majority().size() == 0 && now[0] <= now[1] + 1 ? 0 : 1;
  }
  return now[0] < now[1] ? 0 : 1;
}

}  // namespace

absl::Status KeepSides(const v1::Plan& before, const v1::Shape& shape,
                       Division& division) {
  if (!Fills(shape)) return absl::OkStatus();
  absl::flat_hash_map<std::string, Division::Sided*> present;
  for (Division::Sided& sided : division.members) {
    present[sided.member.name] = &sided;
  }
  Counts now = {0, 0}, once = {0, 0};
  std::vector<Division::Sided> kept;
  for (const v1::Member& member : before.members()) {
    if (member.side() != 0 && member.side() != 1) continue;
    ++once[member.side()];
    const auto found = present.find(member.name());
    if (found == present.end()) continue;
    ++now[member.side()];
    kept.push_back({found->second->member, member.side()});
    present.erase(found);
  }
  for (const Division::Sided& sided : division.members) {
    if (!present.contains(sided.member.name)) continue;
    const int side = SideForNew(shape, now, once);
    ++now[side];
    kept.push_back({sided.member, side});
  }
  for (const int side : {0, 1}) {
    if (now[side] > 0) continue;
    return ErrorWithDetail(absl::StatusCode::kFailedPrecondition,
                           absl::StrCat("nobody is left on side ", side + 1),
                           "EMPTY_SIDE", "shape",
                           "Wait until its members are back");
  }
  division.members = std::move(kept);
  return absl::OkStatus();
}

}  // namespace sunder::controller
