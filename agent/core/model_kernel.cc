#include "agent/core/model_kernel.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/admission.h"

namespace sunder::agent {
namespace {

bool Commits(ModelOp op) {
  return op == ModelOp::kStage || op == ModelOp::kArm || op == ModelOp::kOpen ||
         op == ModelOp::kRefresh;
}

}  // namespace

WallInstant ModelClock::WallAt(BootInstant at) const {
  return WallInstant::FromNanos(at.nanos()) + wall_ahead;
}

template <typename Effect>
absl::Status ModelKernel::Do(ModelOp op, Effect effect) {
  if (latched && Commits(op)) {
    return Refusal("LATCHED", "latch", "the stop latch is set");
  }
  const auto planned =
      std::find_if(failures_.begin(), failures_.end(),
                   [&](const Failure& f) { return f.op == op; });
  if (planned == failures_.end()) return effect();
  Failure failure = std::move(*planned);
  failures_.erase(planned);
  ++failed_;
  if (failure.yet_done) {
    if (absl::Status s = effect(); !s.ok()) return s;
  }
  return failure.status;
}

absl::StatusOr<ModelKernel::Table*> ModelKernel::At(GateId gate) {
  const auto it = tables_.find(gate);
  if (it == tables_.end()) return absl::NotFoundError("no such table");
  return &it->second;
}

bool ModelKernel::Alive(const Table& table) const {
  return table.lease_end && clock_->now < *table.lease_end;
}

bool ModelKernel::Drops(const Table& table) const {
  if (table.damaged || !Alive(table)) return false;
  if (table.state == GateState::kTimed) {
    const WallInstant wall = clock_->WallAt(clock_->now);
    return wall >= table.start && wall < table.end;
  }
  return table.state == GateState::kOpen;
}

KernelFault ModelKernel::View(GateId gate, const Table& table) const {
  KernelFault view;
  view.gate = gate;
  view.key = table.key;
  view.state = table.state;
  view.lease_left =
      Alive(table) ? *table.lease_end - clock_->now : absl::ZeroDuration();
  // A gate that was armed and holds no rule is not as anybody made it.
  const bool has_rule = table.state != GateState::kShut;
  view.intact = !table.damaged && table.armed == has_rule;
  view.dropped_packets = table.dropped;
  view.dropped_bytes = table.dropped * 100;
  return view;
}

absl::Status ModelKernel::CheckExpiry(BootInstant expiry) const {
  if (expiry > clock_->now) return absl::OkStatus();
  return absl::DeadlineExceededError("the expiry has passed");
}

void ModelKernel::SetLease(Table& table, BootInstant expiry) {
  table.lease_end = expiry;
  BootInstant& latest = latest_expiry_[table.key.fault_id];
  latest = std::max(latest, expiry);
}

absl::Status ModelKernel::Stage(
    GateId gate, std::shared_ptr<const v1::StageRequest> request) {
  return Do(ModelOp::kStage, [&]() -> absl::Status {
    if (tables_.contains(gate)) return absl::AlreadyExistsError("table exists");
    Table& table = tables_[gate];
    table.order = ++staged_;
    table.key = {request->fault_id(), request->generation(), request->digest()};
    for (const auto& flow : request->flows()) {
      table.sources.insert(flow.sources().begin(), flow.sources().end());
    }
    return absl::OkStatus();
  });
}

absl::Status ModelKernel::Arm(GateId gate, WallInstant start,
                              BootInstant expiry) {
  return Do(ModelOp::kArm, [&]() -> absl::Status {
    if (absl::Status s = CheckExpiry(expiry); !s.ok()) return s;
    const auto table = At(gate);
    if (!table.ok()) return table.status();
    if ((*table)->armed) return absl::FailedPreconditionError("armed before");
    SetLease(**table, expiry);
    (*table)->armed = true;
    (*table)->state = GateState::kTimed;
    (*table)->start = start;
    (*table)->end = clock_->WallAt(expiry);
    return absl::OkStatus();
  });
}

absl::Status ModelKernel::Open(GateId gate) {
  return Do(ModelOp::kOpen, [&]() -> absl::Status {
    const auto table = At(gate);
    if (!table.ok()) return table.status();
    (*table)->state = GateState::kOpen;
    return absl::OkStatus();
  });
}

absl::Status ModelKernel::Shut(GateId gate) {
  return Do(ModelOp::kShut, [&]() -> absl::Status {
    const auto table = At(gate);
    if (!table.ok()) return table.status();
    (*table)->state = GateState::kShut;
    return absl::OkStatus();
  });
}

absl::Status ModelKernel::Refresh(GateId gate, BootInstant expiry) {
  return Do(ModelOp::kRefresh, [&]() -> absl::Status {
    if (absl::Status s = CheckExpiry(expiry); !s.ok()) return s;
    const auto table = At(gate);
    if (!table.ok()) return table.status();
    if (!Alive(**table)) return absl::NotFoundError("no such element");
    SetLease(**table, expiry);
    return absl::OkStatus();
  });
}

absl::Status ModelKernel::Remove(GateId gate) {
  return Do(ModelOp::kRemove, [&]() -> absl::Status {
    tables_.erase(gate);
    return absl::OkStatus();
  });
}

absl::StatusOr<KernelFault> ModelKernel::Read(GateId gate) {
  ++reads_;
  KernelFault view;
  absl::Status status = Do(ModelOp::kRead, [&]() -> absl::Status {
    const auto table = At(gate);
    if (!table.ok()) return table.status();
    view = View(gate, **table);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return view;
}

absl::StatusOr<std::vector<KernelFault>> ModelKernel::List() {
  std::vector<KernelFault> all;
  absl::Status status = Do(ModelOp::kList, [&] {
    for (const auto& [gate, table] : tables_) all.push_back(View(gate, table));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return all;
}

void ModelKernel::FailNext(ModelOp op, absl::Status status, bool yet_done) {
  failures_.push_back({op, std::move(status), yet_done});
}

ModelKernel::Table* ModelKernel::Dropper(
    const std::optional<std::string>& source) {
  Table* dropper = nullptr;
  for (auto& [gate, table] : tables_) {
    if (!Drops(table) || (source && !table.sources.contains(*source))) continue;
    if (dropper == nullptr || dropper->order < table.order) dropper = &table;
  }
  return dropper;
}

bool ModelKernel::Send(const std::string& source) {
  Table* const dropper = Dropper(source);
  if (dropper == nullptr) return false;
  ++dropper->dropped;
  return true;
}

void ModelKernel::SendPackets(uint64_t count) {
  if (Table* const dropper = Dropper(std::nullopt)) dropper->dropped += count;
}

void ModelKernel::FallAsleep() {
  for (auto& [gate, table] : tables_) {
    if (!Alive(table)) table.lease_end.reset();
  }
}

void ModelKernel::Suspended(absl::Duration d) {
  for (auto& [gate, table] : tables_) {
    if (table.lease_end) *table.lease_end = *table.lease_end + d;
  }
}

void ModelKernel::ForEach(const std::function<void(const Seen&)>& look) const {
  for (const auto& [gate, table] : tables_) {
    look({table.key, table.sources, table.state, Drops(table)});
  }
}

void ModelKernel::Damage(const std::string& fault_id) {
  for (auto& [gate, table] : tables_) {
    if (table.key.fault_id == fault_id) table.damaged = true;
  }
}

void ModelKernel::EndLease(GateId gate) {
  const auto it = tables_.find(gate);
  if (it != tables_.end()) it->second.lease_end.reset();
}

std::set<GateId> ModelKernel::GatesOf(const std::string& fault_id) const {
  std::set<GateId> gates;
  for (const auto& [gate, table] : tables_) {
    if (table.key.fault_id == fault_id) gates.insert(gate);
  }
  return gates;
}

bool ModelKernel::Table::Is(const std::string& fault_id,
                            uint64_t generation) const {
  return key.fault_id == fault_id &&
         (generation == 0 || key.generation == generation);
}

bool ModelKernel::Drops(const std::string& fault_id,
                        uint64_t generation) const {
  return std::any_of(tables_.begin(), tables_.end(), [&](const auto& entry) {
    return entry.second.Is(fault_id, generation) && Drops(entry.second);
  });
}

bool ModelKernel::DropsFrom(const std::string& fault_id,
                            const std::string& source) const {
  return std::any_of(tables_.begin(), tables_.end(), [&](const auto& entry) {
    const Table& table = entry.second;
    return table.Is(fault_id, 0) && table.sources.contains(source) &&
           Drops(table);
  });
}

bool ModelKernel::Has(const std::string& fault_id, uint64_t generation) const {
  return std::any_of(tables_.begin(), tables_.end(), [&](const auto& entry) {
    return entry.second.Is(fault_id, generation);
  });
}

std::optional<BootInstant> ModelKernel::NextChange() const {
  std::optional<BootInstant> next;
  const auto consider = [&](BootInstant at) {
    if (at > clock_->now && (!next || at < *next)) next = at;
  };
  for (const auto& [gate, table] : tables_) {
    if (!Alive(table)) continue;
    consider(*table.lease_end);
    if (table.state != GateState::kTimed) continue;
    const WallInstant wall = clock_->WallAt(clock_->now);
    consider(clock_->now + (table.start - wall));
    consider(clock_->now + (table.end - wall));
  }
  return next;
}

std::optional<BootInstant> ModelKernel::LatestExpiry(
    const std::string& fault_id) const {
  const auto it = latest_expiry_.find(fault_id);
  if (it == latest_expiry_.end()) return std::nullopt;
  return it->second;
}

}  // namespace sunder::agent
