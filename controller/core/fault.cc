#include "controller/core/fault.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/core/digest.h"

namespace sunder::controller {
namespace {

google::protobuf::Duration ToProto(absl::Duration d) {
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t ns = absl::ToInt64Nanoseconds(d);
  google::protobuf::Duration proto;
  proto.set_seconds(ns / kSecond);
  proto.set_nanos(static_cast<int32_t>(ns % kSecond));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

// No expiry is ever sent that is further ahead of its sending.
absl::Duration HorizonOf(const Options& options) {
  return std::max(options.lease, options.max_lead + options.first_expiry);
}

}  // namespace

Fault::Fault(Surroundings core, sunder::v1::Fault view, LinkOf link_of)
    : core_(core), view_(std::move(view)) {
  parts_.resize(view_.hosts_size());
  for (int i = 0; i < view_.hosts_size(); ++i) {
    HostPart& part = parts_[i];
    part.status = view_.mutable_hosts(i);
    part.link = &link_of(part.host());
  }
  for (const auto& plan : view_.plan().hosts()) {
    if (HostPart* part = Find(plan.host())) part->plan = &plan;
  }
}

std::unique_ptr<Fault> Fault::Declare(Surroundings core, const std::string& id,
                                      const sunder::v1::FaultSpec& spec,
                                      const sunder::v1::Plan& plan,
                                      LinkOf link_of, BootInstant now) {
  sunder::v1::Fault view;
  view.set_id(id);
  *view.mutable_spec() = spec;
  *view.mutable_plan() = plan;
  view.set_generation(1);
  view.set_state(sunder::v1::FAULT_STATE_PLANNED);
  *view.mutable_created() = core.timeline.At(now);
  for (const auto& host : plan.hosts()) {
    auto* status = view.add_hosts();
    status->set_host(host.host());
    status->set_generation(1);
    status->set_state(sunder::v1::HOST_STATE_PENDING);
  }
  auto fault =
      std::unique_ptr<Fault>(new Fault(core, std::move(view), link_of));
  fault->horizon_ = HorizonOf(core.options);
  for (HostPart& part : fault->parts_) part.digest = DigestOf(*part.plan);
  if (spec.hold()) fault->holderless_since_ = now;
  fault->Save();
  return fault;
}

std::unique_ptr<Fault> Fault::Restore(Surroundings core,
                                      const store::v1::FaultRecord& record,
                                      LinkOf link_of, BootInstant now) {
  auto fault = std::unique_ptr<Fault>(new Fault(core, record.fault(), link_of));
  fault->horizon_ = HorizonOf(core.options);
  // What the earlier life may have sent, with the clocks as it knew them.
  const absl::Duration reach =
      std::max(FromProto(record.horizon()), fault->horizon_) +
      core.options.max_uncertainty;
  for (HostPart& part : fault->parts_) {
    part.arm_sent = true;
    part.bound = now + reach;
    part.status->set_state(sunder::v1::HOST_STATE_UNKNOWN);
    *part.status->mutable_unknown_until() = core.timeline.At(part.bound);
    for (const auto& host : record.hosts()) {
      if (host.host() == part.host()) part.digest = host.digest();
    }
    part.link->DescribeBy(now);
  }
  fault->whole_ = record.fault().has_in_force();
  fault->phase_began_ = now;
  if (record.fault().spec().hold()) fault->holderless_since_ = now;
  if (record.fault().state() == sunder::v1::FAULT_STATE_HEALING) {
    fault->BeginHealing(Cause::kDemand, record.fault().reason(), now);
  } else {
    fault->phase_ = Phase::kAdopting;
    // Nothing more may be said until every host has told what it holds.
    if (fault->whole_) fault->SetState(sunder::v1::FAULT_STATE_ARMED);
    fault->view_.set_reason("the controller restarted: asking every host");
  }
  return fault;
}

HostPart* Fault::Find(const std::string& host) {
  const auto it =
      std::find_if(parts_.begin(), parts_.end(),
                   [&host](const HostPart& p) { return p.host() == host; });
  return it == parts_.end() ? nullptr : &*it;
}

void Fault::SetState(sunder::v1::FaultState state) {
  if (view_.state() == state) return;
  view_.set_state(state);
  changed_ = true;
}

store::v1::FaultRecord Fault::Record() const {
  store::v1::FaultRecord record;
  *record.mutable_fault() = view_;
  *record.mutable_horizon() = ToProto(horizon_);
  for (const HostPart& part : parts_) {
    auto* host = record.add_hosts();
    host->set_host(part.host());
    host->set_digest(part.digest);
  }
  return record;
}

void Fault::Save() { core_.out.Do(Persist{.record = Record()}); }

void Fault::Persisted(const absl::Status& status, BootInstant now) {
  if (phase_ != Phase::kRecording) return;
  if (!status.ok()) {
    BeginHealing(
        Cause::kDemand,
        absl::StrCat("could not be recorded: ",
                     status.ToString(absl::StatusToStringMode::kDefault)),
        now);
    return;
  }
  phase_ = Phase::kStaging;
  phase_began_ = now;
}

void Fault::HolderGone(BootInstant now) {
  if (holders_ > 0) --holders_;
  if (holders_ == 0) holderless_since_ = now;
}

void Fault::Replied(const PendingCall& call,
                    const absl::StatusOr<Response>& reply, BootInstant now) {
  HostPart* part = Find(call.host);
  if (part == nullptr || part->pending != call.id) return;
  part->pending = 0;
  if (!reply.ok()) {
    part->CallFailed(reply.status(), now);
    changed_ = true;
    return;
  }
  part->failures = 0;
  std::visit(
      [&](const auto& response) {
        using Type = std::decay_t<decltype(response)>;
        if constexpr (!std::is_same_v<Type, agent::v1::DescribeResponse>) {
          if (response.has_held()) {
            part->Hear(&response.held(), response.stamp(), core_.timeline);
          }
        }
        if constexpr (std::is_same_v<Type, agent::v1::HealResponse>) {
          if (!part->gone && !response.has_held()) {
            part->SetGone(sunder::v1::HOST_STATE_HEALED,
                          AgentInstant::FromNanos(response.stamp().now_ns()),
                          core_.timeline);
          }
        }
      },
      *reply);
  if (phase_ == Phase::kHealing && !part->gone) {
    part->CallFailed(absl::DataLossError("healed, but something is left"), now);
  }
}

void Fault::Reported(const std::string& host, const agent::v1::Held& held,
                     const agent::v1::Stamp& stamp) {
  HostPart* part = Find(host);
  if (part == nullptr || held.fault_id() != view_.id()) return;
  const auto before = part->status->state();
  part->Hear(&held, stamp, core_.timeline);
  if (part->status->state() != before) changed_ = true;
}

void Fault::Described(const std::string& host,
                      const agent::v1::DescribeResponse& response,
                      bool new_life) {
  HostPart* part = Find(host);
  if (part == nullptr) return;
  if (new_life) part->heard = AgentInstant();  // Perhaps another clock.
  const agent::v1::Held* found = nullptr;
  for (const auto& held : response.held()) {
    if (held.fault_id() == view_.id()) found = &held;
  }
  const auto before = part->status->state();
  part->Hear(found, response.stamp(), core_.timeline);
  if (part->status->state() != before) changed_ = true;
}

void Fault::Superseded(const std::string& reason) {
  if (ended()) return;
  phase_ = Phase::kEnded;
  view_.set_reason(reason);
  SetState(sunder::v1::FAULT_STATE_HEALING);
  for (HostPart& part : parts_) {
    if (part.gone) continue;
    part.status->set_state(sunder::v1::HOST_STATE_UNKNOWN);
    part.status->clear_unknown_until();
  }
}

void Fault::Step(BootInstant now) {
  wake_.Reset();
  // A step may end a phase; the next one begins at the same instant.
  Phase before;
  do {
    before = phase_;
    if (phase_ < Phase::kHealing) StepHolder(now);
    switch (phase_) {
      case Phase::kRecording:
      case Phase::kEnded:
        break;
      case Phase::kStaging:
        StepStaging(now);
        break;
      case Phase::kArming:
        StepArming(now);
        break;
      case Phase::kHolding:
        StepHolding(now);
        break;
      case Phase::kAdopting:
        StepAdopting(now);
        break;
      case Phase::kHealing:
        StepHealing(now);
        break;
    }
  } while (phase_ != before);
}

}  // namespace sunder::controller
