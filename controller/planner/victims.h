// Which tasks a kill takes. Pure: the same topology, request and seed pick the
// same tasks on every machine.

#ifndef SUNDER_CONTROLLER_PLANNER_VICTIMS_H_
#define SUNDER_CONTROLLER_PLANNER_VICTIMS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

struct KillAmount {
  enum class Kind {
    kNamed,    // Every task of the selector, which must be task ids.
    kCount,    // `value` >= 1 of them.
    kPercent,  // `value` 1..100 of them, rounded up.
    kAll,
  };
  Kind kind = Kind::kNamed;
  uint32_t value = 0;
};

// Why a task may not be killed; nullopt: it may.
using ProtectedTask =
    std::function<std::optional<std::string>(const sunder::v1::Task&)>;

struct RefusedTask {
  sunder::v1::Task task;
  std::string reason;
};

// Both sorted by task id, and disjoint.
struct Victims {
  std::vector<sunder::v1::Task> chosen;
  std::vector<RefusedTask> refused;  // Every protected task that was selected.
};

// Count and percent are of all tasks selected; protected ones are never chosen.
// Percent and all take what is left if that is fewer, even none; a count that
// is not left is FAILED_PRECONDITION. INVALID_ARGUMENT: the selector picks
// hosts or addresses, the amount is out of range, `seed` is 0 where there is a
// choice to make. Else as Select.
absl::StatusOr<Victims> ChooseVictims(const sunder::v1::Topology& topology,
                                      absl::string_view selector,
                                      KillAmount amount, uint64_t seed,
                                      const ProtectedTask& is_protected);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_VICTIMS_H_
