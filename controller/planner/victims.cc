#include "controller/planner/victims.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/planner/random.h"
#include "controller/planner/selector.h"
#include "controller/planner/shown.h"

namespace sunder::controller {
namespace {

using Kind = KillAmount::Kind;

absl::Status Invalid(absl::string_view subject, absl::string_view message,
                     absl::string_view advice) {
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument, message,
                         "BAD_KILL", subject, advice);
}

absl::Status CheckAmount(KillAmount amount, uint64_t seed) {
  if (amount.kind == Kind::kCount && amount.value == 0) {
    return Invalid("count", "a kill of 0 tasks", "Give a count of 1 or more");
  }
  if (amount.kind == Kind::kPercent &&
      (amount.value == 0 || amount.value > 100)) {
    return Invalid("percent",
                   absl::StrCat("a kill of ", amount.value, " percent"),
                   "Give a percentage between 1 and 100");
  }
  const bool chooses =
      amount.kind == Kind::kCount || amount.kind == Kind::kPercent;
  if (chooses && seed == 0) {
    return Invalid("seed", "a choice of tasks without a seed",
                   "Give a seed other than 0");
  }
  return absl::OkStatus();
}

// The selected tasks, sorted by id.
absl::StatusOr<std::vector<const v1::Task*>> SelectTasks(
    const TopologyIndex& topology, absl::string_view selector, Kind kind) {
  const absl::StatusOr<Selection> selection = Select(topology, selector);
  if (!selection.ok()) return selection.status();
  std::vector<const v1::Task*> tasks;
  for (const Member& member : selection->members) {
    if (member.kind != MemberKind::kTask) {
      return Invalid(member.name, absl::StrCat(member.name, " is not a task"),
                     "Name tasks (task:ID) or apps (app:/ID)");
    }
    tasks.push_back(topology.FindTask(member.name));
  }
  if (kind == Kind::kNamed && !selection->each_by_name) {
    return Invalid(Shown(selector),
                   absl::StrCat("the selector picks ", tasks.size(),
                                " tasks without naming each"),
                   "Say how many: a count, a percentage, or all of them");
  }
  std::sort(tasks.begin(), tasks.end(),
            [](auto* a, auto* b) { return a->id() < b->id(); });
  return tasks;
}

size_t Wanted(KillAmount amount, size_t selected) {
  switch (amount.kind) {
    case Kind::kCount:
      return amount.value;
    case Kind::kPercent:
      return (selected * amount.value + 99) / 100;
    case Kind::kNamed:
    case Kind::kAll:
      return selected;
  }
  return 0;
}

}  // namespace

absl::StatusOr<Victims> ChooseVictims(const v1::Topology& topology,
                                      absl::string_view selector,
                                      KillAmount amount, uint64_t seed,
                                      const ProtectedTask& is_protected) {
  if (absl::Status status = CheckAmount(amount, seed); !status.ok()) {
    return status;
  }
  const TopologyIndex index(topology);
  const auto selected = SelectTasks(index, selector, amount.kind);
  if (!selected.ok()) return selected.status();

  Victims victims;
  std::vector<const v1::Task*> free;
  for (const v1::Task* task : *selected) {
    if (std::optional<std::string> reason = is_protected(*task)) {
      victims.refused.push_back({*task, *std::move(reason)});
    } else {
      free.push_back(task);
    }
  }
  const size_t wanted = Wanted(amount, selected->size());
  if (amount.kind == Kind::kCount && wanted > free.size()) {
    return ErrorWithDetail(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("cannot kill ", wanted, " of ", selected->size(),
                     " tasks, of which ", victims.refused.size(),
                     " are protected"),
        "TOO_FEW", Shown(selector),
        absl::StrCat("Give a count of at most ", free.size()));
  }
  if (wanted < free.size()) {
    Random random(seed);
    Shuffle(free, random);
    free.resize(wanted);
    std::sort(free.begin(), free.end(),
              [](auto* a, auto* b) { return a->id() < b->id(); });
  }
  for (const v1::Task* task : free) victims.chosen.push_back(*task);
  return victims;
}

}  // namespace sunder::controller
