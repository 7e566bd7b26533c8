// A kernel made of values on a virtual clock, for tests and the simulator. It
// outlives the core that uses it, as a kernel does; leases end in it by
// themselves; and it tells what would be dropped at this instant.
//
// agent/kernel/model_is_true_kernel_test.cc holds it to the real one. What it
// leaves out: it takes any request, a flow's sources are single addresses and
// all that is asked of a packet, each packet counts 100 bytes, and leases end
// to the nanosecond.

#ifndef SUNDER_AGENT_CORE_MODEL_KERNEL_H_
#define SUNDER_AGENT_CORE_MODEL_KERNEL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/core/kernel.h"
#include "common/instant.h"

namespace sunder::agent {

struct ModelClock {
  BootInstant now = BootInstant::FromNanos(1'000'000'000'000);
  absl::Duration wall_ahead = absl::Hours(400'000);  // Of `now`.

  WallInstant WallAt(BootInstant at) const;
};

enum class ModelOp {
  kStage,
  kArm,
  kOpen,
  kShut,
  kRefresh,
  kRemove,
  kRead,
  kList
};

class ModelKernel : public Kernel {
 public:
  explicit ModelKernel(const ModelClock* clock) : clock_(clock) {}

  absl::Status Stage(GateId gate,
                     std::shared_ptr<const v1::StageRequest> request) override;
  absl::Status Arm(GateId gate, WallInstant start, BootInstant expiry) override;
  absl::Status Open(GateId gate) override;
  absl::Status Shut(GateId gate) override;
  absl::Status Refresh(GateId gate, BootInstant expiry) override;
  absl::Status Remove(GateId gate) override;
  absl::StatusOr<KernelFault> Read(GateId gate) override;
  absl::StatusOr<std::vector<KernelFault>> List() override;

  // ---- What tests do to it.

  // The next call of `op` returns `status`; with `yet_done` it is done as well.
  void FailNext(ModelOp op, absl::Status status, bool yet_done = false);
  void ClearFailures() { failures_.clear(); }
  bool will_fail() const { return !failures_.empty(); }
  // While it is set, what commits is refused, as by the agent's stop latch.
  bool latched = false;
  // One packet through every table: is it dropped? It counts in the first that
  // drops it; the one staged last is asked first.
  bool Send(const std::string& source);
  void SendPackets(uint64_t count);  // As Send, from whom every fault names.
  // The host sleeps, and slept: timeouts stood still, CLOCK_BOOTTIME did not.
  // What had run out before stays so.
  void FallAsleep();
  void Suspended(absl::Duration d);
  void Reboot() { tables_.clear(); }
  // As an operator's `nft delete table` and `nft flush chain` do.
  void RemoveAll() { tables_.clear(); }
  void Damage(const std::string& fault_id);
  // As `nft delete element` of the lease does.
  void EndLease(GateId gate);

  // ---- What tests look at.

  // At this instant; by any generation, or by one.
  bool Drops(const std::string& fault_id, uint64_t generation = 0) const;
  bool Has(const std::string& fault_id, uint64_t generation = 0) const;
  std::set<GateId> GatesOf(const std::string& fault_id) const;
  size_t reads() const { return reads_; }    // How many were asked for.
  size_t failed() const { return failed_; }  // How many planned failures came.
  // Whether any generation drops, at this instant, what comes from `source`.
  bool DropsFrom(const std::string& fault_id, const std::string& source) const;
  size_t size() const { return tables_.size(); }
  struct Seen {
    const FaultKey& key;
    const std::set<std::string>& sources;  // Of its flows.
    GateState state;
    bool drops;  // At this instant.
  };
  void ForEach(const std::function<void(const Seen&)>& look) const;
  // When something begins or ceases to drop if nobody does anything.
  std::optional<BootInstant> NextChange() const;
  // The latest expiry that the kernel was ever given for the fault.
  std::optional<BootInstant> LatestExpiry(const std::string& fault_id) const;

 private:
  struct Table {
    FaultKey key;
    GateState state = GateState::kShut;
    WallInstant start, end;
    std::optional<BootInstant> lease_end;
    bool armed = false;  // Once is for ever.
    bool damaged = false;
    uint64_t order = 0;  // In which they were staged.
    uint64_t dropped = 0;
    std::set<std::string> sources;  // Of its flows.
    bool Is(const std::string& fault_id, uint64_t generation) const;
  };
  struct Failure {
    ModelOp op;
    absl::Status status;
    bool yet_done;
  };

  // Does `effect` unless a planned failure says otherwise.
  template <typename Effect>
  absl::Status Do(ModelOp op, Effect effect);
  absl::StatusOr<Table*> At(GateId gate);
  bool Alive(const Table& table) const;
  bool Drops(const Table& table) const;
  // The one that drops it; null where it arrives. Nobody names every fault.
  Table* Dropper(const std::optional<std::string>& source);
  KernelFault View(GateId gate, const Table& table) const;
  absl::Status CheckExpiry(BootInstant expiry) const;
  void SetLease(Table& table, BootInstant expiry);

  const ModelClock* clock_;
  size_t reads_ = 0, failed_ = 0;
  std::map<GateId, Table> tables_;
  uint64_t staged_ = 0;
  std::map<std::string, BootInstant> latest_expiry_;
  std::deque<Failure> failures_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_MODEL_KERNEL_H_
