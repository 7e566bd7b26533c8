#include "agent/core/model_host.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "agent/core/carry_out.h"

namespace sunder::agent {

ModelHost::ModelHost(ModelClock* clock, uint32_t seed)
    : clock_(clock), kernel_(clock), random_(seed) {
  Start();
}

CallId ModelHost::Stage(const v1::StageRequest& request) {
  const CallId call = ++last_call_;
  Feed(core_->Stage(call, std::make_shared<v1::StageRequest>(request),
                    clock_->now));
  return call;
}

CallId ModelHost::Arm(const v1::ArmRequest& request) {
  const CallId call = ++last_call_;
  Feed(core_->Arm(call, request, clock_->now));
  return call;
}

CallId ModelHost::KeepAlive(const v1::KeepAliveRequest& request) {
  const CallId call = ++last_call_;
  Feed(core_->KeepAlive(call, request, clock_->now));
  return call;
}

CallId ModelHost::Heal(const v1::HealRequest& request) {
  const CallId call = ++last_call_;
  Feed(core_->Heal(call, request, clock_->now));
  return call;
}

void ModelHost::StepWall(absl::Duration by, bool tell) {
  clock_->wall_ahead += by;
  if (tell && alive()) Feed(core_->ClockStepped(clock_->now));
}

void ModelHost::RulesetChanged(const RulesetChange& change) {
  if (alive()) Feed(core_->RulesetChanged(change, clock_->now));
}

void ModelHost::AddressesAre(const std::vector<Address>& addresses) {
  if (alive()) Feed(core_->AddressesAre(addresses, clock_->now));
}

void ModelHost::Kill() {
  core_.reset();
  pending_.clear();
}

void ModelHost::Start() {
  Kill();
  ++incarnation_;
  core_ = std::make_unique<Core>(
      Identity{absl::StrCat("boot-", boots_), incarnation_},
      [this] { return random_ = random_ * 1664525 + 1013904223; });
  Feed(core_->Start(record_, *kernel_.List(), clock_->now));
}

void ModelHost::Reboot() {
  Kill();
  kernel_.Reboot();
  ++boots_;
}

void ModelHost::CarryOutOne() {
  const Action action = std::move(pending_.front());
  pending_.pop_front();
  CarryOutAction(action);
}

void ModelHost::CarryOutAll() {
  while (pending()) CarryOutOne();
}

void ModelHost::CarryOutAction(const Action& action) {
  if (const auto* op = std::get_if<KernelOp>(&action)) {
    const OpResult result = CarryOut(
        *op, kernel_, [this](BootInstant at) { return clock_->WallAt(at); });
    for (Action& next : core_->OpDone(op->id, result, clock_->now)) {
      pending_.push_back(std::move(next));
    }
  } else if (const auto* reply = std::get_if<Reply>(&action)) {
    replies_[reply->call] = *reply;
    if (reply->status.ok() && on_said) on_said(reply->held);
  } else if (const auto* notify = std::get_if<Notify>(&action)) {
    notified.push_back(notify->held);
    if (on_said) on_said(notify->held);
  } else if (disk_full) {
    core_->RecordWritten(absl::ResourceExhaustedError("no space left"));
  } else {
    record_ = std::get<WriteRecord>(action).record;
    core_->RecordWritten(absl::OkStatus());
  }
}

void ModelHost::RunUntil(BootInstant until) {
  while (alive()) {
    const auto next = core_->NextTimer();
    if (!next || *next > until) break;
    clock_->now = std::max(clock_->now, *next);
    Timer();
    if (by_hand) break;
  }
  clock_->now = std::max(clock_->now, until);
}

const Reply* ModelHost::Answer(CallId call) const {
  const auto it = replies_.find(call);
  return it == replies_.end() ? nullptr : &it->second;
}

std::optional<v1::Held> ModelHost::HeldOf(const std::string& fault_id,
                                          uint64_t generation) const {
  for (const v1::Held& held : core_->Held()) {
    if (held.fault_id() != fault_id) continue;
    if (generation == 0 || held.generation() == generation) return held;
  }
  return std::nullopt;
}

void ModelHost::Feed(Actions actions) {
  for (Action& action : actions) pending_.push_back(std::move(action));
  if (!by_hand) CarryOutAll();
}

}  // namespace sunder::agent
