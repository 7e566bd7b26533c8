// Carries the core's actions out on the real kernel, clock and disk. Lives on
// the agent's loop thread, with the core it drives.

#ifndef SUNDER_AGENT_SERVICE_DRIVER_H_
#define SUNDER_AGENT_SERVICE_DRIVER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "agent/core/actions.h"
#include "agent/core/core.h"
#include "agent/core/kernel.h"
#include "agent/service/record_file.h"
#include "common/address.h"
#include "common/event_loop.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class Driver {
 public:
  using OnReply = absl::AnyInvocable<void(absl::Status, const v1::Held&)>;
  using OnNotify = std::function<void(const v1::Held&)>;

  // All outlive this.
  Driver(Core* core, Kernel* kernel, const RecordFile* records, EventLoop* loop)
      : core_(core), kernel_(kernel), records_(records), loop_(loop) {}

  void SetOnNotify(OnNotify on_notify) { on_notify_ = std::move(on_notify); }

  // Adopts or sweeps what is there. An error: the kernel cannot be read, and
  // the agent must not serve.
  absl::Status Start();

  void Stage(const std::shared_ptr<const v1::StageRequest>& request,
             OnReply reply);
  void Arm(const v1::ArmRequest& request, OnReply reply);
  void KeepAlive(const v1::KeepAliveRequest& request, OnReply reply);
  void Heal(const v1::HealRequest& request, OnReply reply);
  // Returns when it is recorded.
  void HearTerm(uint64_t term);
  void ClockStepped();
  void Latched();
  void RulesetChanged(const RulesetChange& change);
  void AddressesAre(const std::vector<Address>& addresses);

  const Core& core() const { return *core_; }

 private:
  CallId Expect(OnReply reply);
  void CarryOut(Actions actions);
  void CarryOutOne(const KernelOp& op);
  void CarryOutOne(const Reply& reply);
  void CarryOutOne(const Notify& notify);
  void CarryOutOne(const WriteRecord& write);

  Core* const core_;
  Kernel* const kernel_;
  const RecordFile* const records_;
  EventLoop* const loop_;
  OnNotify on_notify_ = [](const v1::Held&) {};
  CallId last_call_ = 0;
  std::map<CallId, OnReply> replies_;
  std::deque<Action> pending_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_DRIVER_H_
