#include "agent/service/heal_all.h"

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/sweep.h"
#include "agent/service/durable_file.h"
#include "agent/service/socket_guard.h"
#include "agent/service/stop_latch.h"

namespace sunder::agent {
namespace {

absl::Status SetLatch(const std::string& state_dir, std::ostream& out) {
  if (absl::Status s = MakeDirectories(state_dir); !s.ok()) return s;
  const StopLatch latch(state_dir);
  if (absl::Status s = latch.Set(); !s.ok()) return s;
  out << "stop latch set: " << latch.path() << "\n";
  return absl::OkStatus();
}

// Sweeps until there is nothing left to sweep: a living agent may have
// committed something just before it saw the latch.
absl::Status Sweep(std::ostream& out) {
  constexpr int kMostRounds = 10;
  const auto transport = OpenNetlinkSocket();
  if (!transport.ok()) return transport.status();
  absl::Status last;
  for (int round = 0; round < kMostRounds; ++round) {
    const auto removed = SweepAll(**transport);
    last = removed.status();
    if (!removed.ok()) continue;
    for (const std::string& table : *removed) {
      out << "removed table " << table << "\n";
    }
    if (removed->empty()) {
      out << "read back: nothing of sunder is in this network namespace\n";
      return absl::OkStatus();
    }
  }
  if (!last.ok()) return last;
  return absl::AbortedError(
      "somebody makes new tables as fast as they are removed; stop every "
      "sunder-agent that uses another --state-dir");
}

// An agent that lives here must be the one that uses `state_dir`: another would
// go on as if there were no latch.
absl::Status CheckLatchIsSeen(const std::string& state_dir) {
  const absl::StatusOr<pid_t> agent = FindAgentHere();
  if (absl::IsNotFound(agent.status())) return absl::OkStatus();
  const auto claim = ClaimStateDirectory(state_dir);
  if (absl::IsAlreadyExists(claim.status())) return absl::OkStatus();
  if (!claim.ok()) return claim.status();
  const std::string advice =
      "run --heal-all again with the --state-dir of the agent";
  if (!agent.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no agent uses ", state_dir,
                     ", and whether one lives here without "
                     "seeing its stop latch cannot be told: ",
                     agent.status().message(), "; if one does, ", advice));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the sunder-agent of this network namespace (process ",
                   *agent, ") does not use ", state_dir,
                   " and does not see its stop latch, so it "
                   "takes new faults; ",
                   advice, ", or stop it"));
}

}  // namespace

absl::Status HealAll(const std::string& state_dir, std::ostream& out) {
  absl::Status latched = SetLatch(state_dir, out);
  if (absl::Status s = Sweep(out); !s.ok()) return s;
  return latched.ok() ? CheckLatchIsSeen(state_dir) : latched;
}

absl::Status ReleaseLatch(const std::string& state_dir, std::ostream& out) {
  const StopLatch latch(state_dir);
  absl::Status status = latch.Release();
  if (absl::IsNotFound(status)) {
    out << "stop latch is not set: " << latch.path() << "\n";
    return absl::OkStatus();
  }
  if (status.ok()) out << "stop latch released: " << latch.path() << "\n";
  return status;
}

}  // namespace sunder::agent
