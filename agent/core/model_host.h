// A host of values: a core on a model kernel and a virtual clock, with a disk
// for its record. Carries actions out one by one, so that the agent can be
// killed between any two. For tests and the simulator.

#ifndef SUNDER_AGENT_CORE_MODEL_HOST_H_
#define SUNDER_AGENT_CORE_MODEL_HOST_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/core/actions.h"
#include "agent/core/core.h"
#include "agent/core/model_kernel.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class ModelHost {
 public:
  // Starts the agent. `clock` may be shared by several hosts.
  explicit ModelHost(ModelClock* clock, uint32_t seed = 1);

  ModelKernel& kernel() { return kernel_; }
  const ModelKernel& kernel() const { return kernel_; }
  Core& core() { return *core_; }
  bool alive() const { return core_ != nullptr; }
  uint64_t incarnation() const { return incarnation_; }

  // ---- Calls; each returns the id that Answer takes.
  CallId Stage(const v1::StageRequest& request);
  CallId Arm(const v1::ArmRequest& request);
  CallId KeepAlive(const v1::KeepAliveRequest& request);
  CallId Heal(const v1::HealRequest& request);

  // ---- Other events.
  void HearTerm(uint64_t term) { Feed(core_->HearTerm(term, clock_->now)); }
  void StepWall(absl::Duration by, bool tell = true);  // The agent.
  void SetLatch() { Feed(core_->Latched(clock_->now)); }
  // The kernel notifies the agent, if it lives.
  void RulesetChanged(const RulesetChange& change);
  void AddressesAre(const std::vector<Address>& addresses);
  void Timer() { Feed(core_->TimerDue(clock_->now)); }
  void Kill();    // SIGKILL: what is pending is lost.
  void Start();   // The next life.
  void Reboot();  // Kill, an empty kernel, another boot id.

  // ---- Carrying out. Events do it at once unless `by_hand`.
  bool by_hand = false;
  bool disk_full = false;
  bool pending() const { return !pending_.empty(); }
  const Action& next() const { return pending_.front(); }
  void CarryOutOne();
  void CarryOutAll();

  // Lets the clock reach `until`, the agent's timers running at their instants.
  void RunUntil(BootInstant until);
  void RunFor(absl::Duration d) { RunUntil(clock_->now + d); }

  // ---- What was said.
  // Null: not (yet) answered.
  const Reply* Answer(CallId call) const;
  std::vector<v1::Held> notified;
  // Called for each Reply and Notify as it is said, for invariants.
  std::function<void(const v1::Held&)> on_said;
  // Living ones first; of any generation, or of one.
  std::optional<v1::Held> HeldOf(const std::string& fault_id,
                                 uint64_t generation = 0) const;
  const Record& record() const { return record_; }
  void LoseRecord() { record_ = Record(); }

 private:
  void Feed(Actions actions);
  void CarryOutAction(const Action& action);

  ModelClock* clock_;
  ModelKernel kernel_;
  uint32_t random_;
  int boots_ = 1;
  uint64_t incarnation_ = 0;
  std::unique_ptr<Core> core_;
  Record record_;
  std::deque<Action> pending_;
  CallId last_call_ = 0;
  std::map<CallId, Reply> replies_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_MODEL_HOST_H_
