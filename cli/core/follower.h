// The state machine of a command that started a fault: it waits until the fault
// is in force, holds it where asked to, heals what it must not leave behind,
// and ends with an exit code. It knows no socket, signal or clock; one thread
// owns it.
//
//   awaiting --in force--> [holding] --done, or interrupted--> [healing] -->
//   exit

#ifndef SUNDER_CLI_CORE_FOLLOWER_H_
#define SUNDER_CLI_CORE_FOLLOWER_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/core/exit_code.h"
#include "common/instant.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

class Follower {
 public:
  struct Options {
    bool hold = false;
    bool heal_on_timeout = true;
    absl::Duration wait = absl::Seconds(30);  // For "in force everywhere".
    // For "gone everywhere": a lease, and time to hear of it.
    absl::Duration heal_wait = absl::Seconds(15);
    // How long a holder that hears nothing trusts that it still holds.
    absl::Duration patience = absl::Seconds(10);
  };
  struct Outcome {
    ExitCode code;
    std::string why;  // Empty where there is nothing to explain.
  };

  Follower(const Options& options, const v1::Fault& fault, BootInstant now);

  void Updated(const v1::Fault& fault, BootInstant now);
  // The stream of updates broke; it is tried again.
  void StreamLost(BootInstant now);
  // The controller does not give updates about this fault (any more).
  void StreamRefused(const absl::Status& status);
  void Interrupted(BootInstant now);
  void HealAccepted() { heal_accepted_ = true; }
  void Tick(BootInstant now);

  const v1::Fault& fault() const { return fault_; }
  // The fault is to be healed, and the controller has not taken the order yet.
  bool wants_heal() const {
    return phase_ == Phase::kHealing && !heal_accepted_ && !outcome_;
  }
  bool holding() const { return phase_ == Phase::kHolding; }
  const std::optional<Outcome>& outcome() const { return outcome_; }

 private:
  enum class Phase { kAwaiting, kHolding, kHealing };

  void BeginHeal(BootInstant now, ExitCode code_when_gone, std::string why);
  void End(ExitCode code, std::string why);
  void UpdatedWhileAwaiting(BootInstant now);
  std::string NotYet() const;

  const Options options_;
  v1::Fault fault_;
  Phase phase_ = Phase::kAwaiting;
  BootInstant deadline_;  // Of the phase.
  std::optional<BootInstant> lost_since_;
  bool heal_accepted_ = false;
  ExitCode code_when_gone_ = ExitCode::kDone;  // While healing.
  std::string why_healing_;
  std::optional<Outcome> outcome_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CORE_FOLLOWER_H_
