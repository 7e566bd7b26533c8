#include "controller/core/fault.h"

#include <algorithm>
#include <string>
#include <tuple>
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

bool IsOver(const agent::v1::Held& held) {
  return held.state() == agent::v1::STATE_HEALED ||
         held.state() == agent::v1::STATE_EXPIRED;
}

// No expiry is ever sent that is further ahead of its sending.
absl::Duration HorizonOf(const Options& options) {
  return std::max(options.lease, options.max_lead + options.first_expiry);
}

}  // namespace

sunder::v1::Plan WithoutFlows(const sunder::v1::Plan& plan) {
  sunder::v1::Plan kept;
  kept.set_seed(plan.seed());
  *kept.mutable_members() = plan.members();
  *kept.mutable_cuts() = plan.cuts();
  *kept.mutable_notes() = plan.notes();
  for (const auto& host : plan.hosts()) kept.add_hosts()->set_host(host.host());
  return kept;
}

Fault::Fault(Surroundings core, sunder::v1::Fault view)
    : core_(std::move(core)), view_(std::move(view)) {}

HostPart& Fault::AddPart(sunder::v1::HostStatus* status) {
  HostPart& part = parts_.emplace_back();
  part.status = status;
  part.link = &core_.link_of(part.host());
  return part;
}

void Fault::AddGeneration(uint64_t generation, const sunder::v1::Plan& plan) {
  for (const auto& host : plan.hosts()) {
    auto* status = view_.add_hosts();
    status->set_host(host.host());
    status->set_generation(generation);
    status->set_state(sunder::v1::HOST_STATE_PENDING);
    HostPart& part = AddPart(status);
    part.plan = &host;
    part.digest = DigestOf(host);
  }
}

std::unique_ptr<Fault> Fault::Declare(const Surroundings& core,
                                      const std::string& id,
                                      const sunder::v1::FaultSpec& spec,
                                      sunder::v1::Plan plan, BootInstant now) {
  sunder::v1::Fault view;
  view.set_id(id);
  *view.mutable_spec() = spec;
  view.set_generation(1);
  view.set_state(sunder::v1::FAULT_STATE_PLANNED);
  *view.mutable_created() = core.timeline.At(now);
  auto fault = std::unique_ptr<Fault>(new Fault(core, std::move(view)));
  fault->horizon_ = HorizonOf(core.options);
  fault->SetPlan(std::move(plan));
  fault->AddGeneration(1, fault->plan_);
  if (spec.hold()) fault->holderless_since_ = now;
  fault->Save();
  return fault;
}

std::unique_ptr<Fault> Fault::Restore(const Surroundings& core,
                                      const store::v1::FaultRecord& record,
                                      BootInstant now) {
  auto fault = std::unique_ptr<Fault>(new Fault(core, record.fault()));
  fault->horizon_ = HorizonOf(core.options);
  fault->newest_ =
      std::max(record.newest_generation(), record.fault().generation());
  fault->next_ = record.next_plan();
  fault->SetPlan(record.fault().plan());
  // What the earlier life may have sent, with the clocks as it knew them.
  const absl::Duration reach =
      std::max(FromProto(record.horizon()), fault->horizon_) +
      core.options.max_uncertainty + core.options.kernel_tolerance;
  fault->earlier_life_over_ = now + reach;
  for (auto& status : *fault->view_.mutable_hosts()) {
    HostPart& part = fault->AddPart(&status);
    part.standing = Standing::kKept;
    if (status.state() == sunder::v1::HOST_STATE_HEALED ||
        status.state() == sunder::v1::HOST_STATE_EXPIRED) {
      part.gone = true;  // Which is for good.
      part.standing = Standing::kLeaving;
      continue;
    }
    part.arm_sent = true;
    part.bound = now + reach;
    part.status->set_state(sunder::v1::HOST_STATE_UNKNOWN);
    *part.status->mutable_unknown_until() = core.timeline.At(part.bound);
    for (const auto& host : record.hosts()) {
      if (host.host() == part.host() &&
          host.generation() == part.generation()) {
        part.digest = host.digest();
      }
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

void Fault::SetPlan(sunder::v1::Plan plan) {
  plan_ = std::move(plan);
  *view_.mutable_plan() = WithoutFlows(plan_);
}

void Fault::SetState(sunder::v1::FaultState state) {
  if (view_.state() == state) return;
  view_.set_state(state);
  changed_ = true;
}

store::v1::FaultRecord Fault::Record() const {
  store::v1::FaultRecord record;
  *record.mutable_fault() = view_;
  *record.mutable_fault()->mutable_plan() = plan_;
  *record.mutable_horizon() = ToProto(horizon_);
  for (const HostPart& part : parts_) {
    auto* host = record.add_hosts();
    host->set_host(part.host());
    host->set_generation(part.generation());
    host->set_digest(part.digest);
  }
  record.set_newest_generation(newest_);
  if (next_.hosts_size() > 0) *record.mutable_next_plan() = next_;
  return record;
}

void Fault::Save() {
  ++saved_;
  core_.out.Do(Persist{.record = Record()});
}

void Fault::Persisted(const absl::Status& status, BootInstant now) {
  ++persisted_;
  if (phase_ == Phase::kHolding && change_ == Change::kRecording) {
    if (!status.ok()) {
      Abandon(absl::StrCat("could not be recorded: ", status.message()), now);
    } else if (persisted_ >= recorded_at_) {
      change_ = Change::kStaging;
      staging_began_ = now;
    }
    return;
  }
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
  phase_began_ = staging_began_ = now;
}

void Fault::NeedLinks() const {
  for (const HostPart& part : parts_) part.link->SetNeeded(true);
}

void Fault::HolderGone(BootInstant now) {
  if (holders_ > 0) --holders_;
  if (holders_ == 0) holderless_since_ = now;
}

void Fault::Replied(const PendingCall& call,
                    const absl::StatusOr<Response>& reply, BootInstant now) {
  const auto part =
      std::find_if(parts_.begin(), parts_.end(),
                   [&call](const HostPart& p) { return p.pending == call.id; });
  if (part == parts_.end()) return;
  part->pending = 0;
  if (!reply.ok()) {
    part->CallFailed(reply.status(), now);
    changed_ = true;
    return;
  }
  part->failures = 0;
  if (const auto* healed = std::get_if<agent::v1::HealResponse>(&*reply)) {
    return HearHealed(*part, *healed, now);
  }
  std::visit(
      [&](const auto& response) {
        using Type = std::decay_t<decltype(response)>;
        if constexpr (!std::is_same_v<Type, agent::v1::DescribeResponse>) {
          if (response.has_held()) {
            part->Hear(&response.held(), response.stamp(), core_.timeline);
          }
        }
      },
      *reply);
}

void Fault::HearHealed(HostPart& part, const agent::v1::HealResponse& response,
                       BootInstant now) {
  const agent::v1::Held& held = response.held();
  changed_ = true;
  const bool is_of_part =
      held.generation() == part.generation() || held.generation() == 0;
  if (response.has_held() && is_of_part) {
    part.Hear(&held, response.stamp(), core_.timeline);
  }
  if (part.gone) return;
  if (response.has_held() && !IsOver(held)) {
    part.CallFailed(absl::DataLossError("healed, but something is left"), now);
    return;
  }
  part.SetGone(sunder::v1::HOST_STATE_HEALED,
               AgentInstant::FromNanos(response.stamp().now_ns()),
               core_.timeline);
}

void Fault::Reported(const std::string& host, const agent::v1::Held& held,
                     const agent::v1::Stamp& stamp) {
  if (held.fault_id() != view_.id()) return;
  for (HostPart& part : parts_) {
    if (part.host() != host) continue;
    // Without a generation: it was never there, in none.
    if (held.generation() != part.generation() && held.generation() != 0) {
      continue;
    }
    const auto before = part.status->state();
    part.Hear(&held, stamp, core_.timeline);
    if (part.status->state() != before) changed_ = true;
  }
  HearUnknown(host, held);
}

void Fault::HearUnknown(const std::string& host, const agent::v1::Held& held) {
  // Lower ones may be of those that have left.
  if (held.generation() <= newest_) return;
  unknown_lives_ = true;
  if (IsOver(held)) return;  // Here; elsewhere it may live.
  for (HostPart& part : parts_) {
    if (part.host() != host || part.standing == Standing::kLeaving) continue;
    part.Refuse(absl::StrCat("the agent holds another version, generation ",
                             held.generation()));
  }
}

void Fault::Described(const std::string& host,
                      const agent::v1::DescribeResponse& response,
                      bool new_life) {
  for (HostPart& part : parts_) {
    if (part.host() != host) continue;
    if (new_life) part.heard = AgentInstant();  // Perhaps another clock.
    const agent::v1::Held* found = nullptr;
    for (const auto& held : response.held()) {
      if (held.fault_id() == view_.id() &&
          held.generation() == part.generation()) {
        found = &held;
      }
    }
    const auto before = part.status->state();
    part.Hear(found, response.stamp(), core_.timeline);
    if (part.status->state() != before) changed_ = true;
  }
  for (const auto& held : response.held()) {
    if (held.fault_id() == view_.id()) HearUnknown(host, held);
  }
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
  const auto where = [this] {
    return std::tuple(phase_, change_, view_.state());
  };
  auto before = where();
  do {
    before = where();
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
  } while (where() != before);
}

}  // namespace sunder::controller
