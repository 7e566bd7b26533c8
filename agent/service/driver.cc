#include "agent/service/driver.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "agent/core/admission.h"
#include "agent/core/carry_out.h"
#include "agent/service/clock_watch.h"
#include "common/clock.h"
#include "common/log.h"

namespace sunder::agent {

absl::Status Driver::Start() {
  absl::StatusOr<Record> record = records_->Load();
  if (!record.ok()) {
    if (!absl::IsNotFound(record.status())) {
      spdlog::warn("no record of an earlier life: {}",
                   record.status().ToString());
    }
    record = Record();
  }
  const auto listed = kernel_->List();
  if (!listed.ok()) return listed.status();
  CarryOut(core_->Start(*record, *listed, BootNow()));
  for (const std::string& line : core_->start_report()) {
    spdlog::info("at start: {}", line);
  }
  return absl::OkStatus();
}

void Driver::Stage(const std::shared_ptr<const v1::StageRequest>& request,
                   OnReply reply) {
  const CallId call = Expect(std::move(reply));
  CarryOut(core_->Stage(call, request, BootNow()));
}

void Driver::Arm(const v1::ArmRequest& request, OnReply reply) {
  const CallId call = Expect(std::move(reply));
  CarryOut(core_->Arm(call, request, BootNow()));
}

void Driver::KeepAlive(const v1::KeepAliveRequest& request, OnReply reply) {
  const CallId call = Expect(std::move(reply));
  CarryOut(core_->KeepAlive(call, request, BootNow()));
}

void Driver::Heal(const v1::HealRequest& request, OnReply reply) {
  const CallId call = Expect(std::move(reply));
  CarryOut(core_->Heal(call, request, BootNow()));
}

void Driver::HearTerm(uint64_t term) {
  CarryOut(core_->HearTerm(term, BootNow()));
}

void Driver::ClockStepped() { CarryOut(core_->ClockStepped(BootNow())); }

void Driver::Latched() { CarryOut(core_->Latched(BootNow())); }

void Driver::RulesetChanged(const RulesetChange& change) {
  CarryOut(core_->RulesetChanged(change, BootNow()));
}

void Driver::AddressesAre(const std::vector<Address>& addresses) {
  CarryOut(core_->AddressesAre(addresses, BootNow()));
}

CallId Driver::Expect(OnReply reply) {
  replies_.emplace(++last_call_, std::move(reply));
  return last_call_;
}

void Driver::CarryOut(Actions actions) {
  for (Action& action : actions) pending_.push_back(std::move(action));
  while (!pending_.empty()) {
    const Action action = std::move(pending_.front());
    pending_.pop_front();
    std::visit([this](const auto& a) { CarryOutOne(a); }, action);
  }
  loop_->SetTimer(core_->NextTimer(),
                  [this] { CarryOut(core_->TimerDue(BootNow())); });
}

void Driver::CarryOutOne(const KernelOp& op) {
  const OpResult result = agent::CarryOut(op, *kernel_, WallAt);
  if (!result.status.ok() && !absl::IsNotFound(result.status)) {
    spdlog::warn("kernel: {}", result.status.ToString());
  }
  for (Action& next : core_->OpDone(op.id, result, BootNow())) {
    pending_.push_back(std::move(next));
  }
}

void Driver::CarryOutOne(const Reply& reply) {
  auto entry = replies_.extract(reply.call);
  if (!reply.status.ok()) {
    spdlog::info("refused: {}", std::string(reply.status.message()));
  }
  if (!entry.empty()) entry.mapped()(reply.status, reply.held);
}

void Driver::CarryOutOne(const Notify& notify) {
  const v1::Held& held = notify.held;
  spdlog::info("fault={} generation={} state={} dropped={} reason=\"{}\"",
               held.fault_id(), held.generation(), StateName(held.state()),
               held.dropped_packets(), held.reason());
  on_notify_(held);
}

void Driver::CarryOutOne(const WriteRecord& write) {
  const absl::Status status = records_->Store(write.record);
  if (!status.ok()) spdlog::error("record: {}", status.ToString());
  core_->RecordWritten(status);
}

}  // namespace sunder::agent
