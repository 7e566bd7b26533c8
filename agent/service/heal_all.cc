#include "agent/service/heal_all.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/sweep.h"
#include "agent/service/durable_file.h"
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

}  // namespace

absl::Status HealAll(const std::string& state_dir, std::ostream& out) {
  absl::Status latched = SetLatch(state_dir, out);
  if (absl::Status s = Sweep(out); !s.ok()) return s;
  return latched;
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
