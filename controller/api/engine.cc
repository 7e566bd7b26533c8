#include "controller/api/engine.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/log.h"

namespace sunder::controller {
namespace {

// More writes than all faults together can have waiting.
constexpr size_t kMaxWrites = 100'000;

absl::StatusOr<std::vector<store::v1::FaultRecord>> Records(Store& store) {
  auto loaded = store.Load();
  if (!loaded.ok()) return loaded.status();
  std::vector<store::v1::FaultRecord> records;
  for (const auto& [id, bytes] : *loaded) {
    if (!records.emplace_back().ParseFromString(bytes)) {
      return absl::DataLossError(absl::StrCat(
          "the record of fault ", id,
          " in the controller's database cannot be read: start the version "
          "that wrote it, or move the database away once its faults are over"));
    }
  }
  return records;
}

}  // namespace

Engine::Engine(EventLoop& loop, const Options& options, Store& store,
               TlsFiles tls, std::function<void()> on_superseded)
    : loop_(loop),
      store_(store),
      on_superseded_(std::move(on_superseded)),
      core_(options),
      fleet_(loop, *this, std::move(tls)),
      writer_("records", 1, kMaxWrites) {}

absl::Status Engine::Start(const sunder::v1::Topology& topology) {
  auto records = Records(store_);
  if (!records.ok()) return records.status();
  for (const store::v1::FaultRecord& record : *records) {
    index_.Put(record.fault());
  }
  core_.Start(store_.term(), *std::move(records), BootNow());
  spdlog::info("started term={} living_faults={}", store_.term(),
               index_.Living().size());
  SetTopology(topology);
  return absl::OkStatus();
}

void Engine::SetTopology(const sunder::v1::Topology& topology) {
  newest_.clear();
  std::vector<std::string> hosts;
  for (const sunder::v1::Host& host : topology.hosts()) {
    if (host.agent().empty()) continue;
    newest_[host.name()] = host.agent();
    hosts.push_back(host.name());
  }
  SetTargets();
  core_.HostsChanged(hosts);
  spdlog::info("topology hosts={} with_agent={} tasks={}",
               topology.hosts_size(), newest_.size(), topology.tasks_size());
  Pump();
}

// Where a fault may be, its agent is still reached: the one that holds it, also
// when the host has left the topology or has another agent there.
void Engine::SetTargets() {
  std::map<std::string, std::string> targets = newest_;
  for (const sunder::v1::Fault* fault : core_.List(false, BootNow())) {
    for (const sunder::v1::HostStatus& host : fault->hosts()) {
      if (auto it = targets_.find(host.host()); it != targets_.end()) {
        targets[it->first] = it->second;
      }
    }
  }
  targets_ = std::move(targets);
  fleet_.SetTargets(targets_);
}

void Engine::OnReply(CallId id, const absl::StatusOr<Response>& reply,
                     BootInstant sent, BootInstant received) {
  core_.AgentReplied(id, reply, sent, received);
  PumpSoon();
}

void Engine::OnReport(const std::string& host,
                      const agent::v1::WatchResponse& report) {
  core_.AgentReported(host, report);
  PumpSoon();
}

void Engine::OnUnreachable(const std::string& host, const absl::Status& why) {
  spdlog::warn("agent unreachable host={} error=\"{}\"", host, why.ToString());
  core_.AgentUnreachable(host, why, BootNow());
  PumpSoon();
}

std::optional<sunder::v1::Fault> Engine::Find(const std::string& id) {
  return Tell(
      [&](Core& core, BootInstant now) -> std::optional<sunder::v1::Fault> {
        const sunder::v1::Fault* fault = core.Find(id, now);
        if (fault == nullptr) return std::nullopt;
        return *fault;
      });
}

std::vector<sunder::v1::Fault> Engine::List(bool include_ended) {
  return Tell([&](Core& core, BootInstant now) {
    std::vector<sunder::v1::Fault> faults;
    for (const auto* fault : core.List(include_ended, now)) {
      faults.push_back(*fault);
    }
    return faults;
  });
}

void Engine::PumpSoon() {
  if (std::exchange(pump_due_, true)) return;
  loop_.Post([this] { Pump(); });
}

void Engine::Pump() {
  pump_due_ = false;
  while (true) {
    const std::vector<Action> actions = core_.TakeActions(BootNow());
    for (const Action& action : actions) {
      std::visit([this](const auto& a) { CarryOut(a); }, action);
    }
    if (actions.empty()) break;
    TellChanged();  // To look at a fault may have more done.
  }
  loop_.SetTimer(core_.NextTimer(), [this] { Pump(); });
}

void Engine::CarryOut(const Call& call) { fleet_.Send(call); }

void Engine::CarryOut(const Persist& persist) {
  const std::string id = persist.record.fault().id();
  const absl::Status taken = writer_.Submit(
      [this, id, bytes = persist.record.SerializeAsString()](const auto&) {
        const absl::Status written = store_.Put(id, bytes);
        loop_.Post([this, id, written] { Wrote(id, written); });
      });
  if (taken.ok()) return;
  loop_.Post([this, id, taken] { Wrote(id, taken); });
}

void Engine::Wrote(const std::string& fault_id, const absl::Status& status) {
  if (!status.ok()) {
    spdlog::error("record not written fault={} error=\"{}\"", fault_id,
                  status.ToString());
  }
  core_.Persisted(fault_id, status, BootNow());
  Pump();
}

void Engine::CarryOut(const Forget& forget) {
  index_.Erase(forget.fault_id);
  log_.Forget(forget.fault_id);
  const absl::Status taken =
      writer_.Submit([this, id = forget.fault_id](const auto&) {
        const absl::Status done = store_.Delete(id);
        if (done.ok()) return;
        spdlog::error("record not deleted fault={} error=\"{}\"", id,
                      done.ToString());
      });
  if (!taken.ok()) spdlog::error("record not deleted: {}", taken.ToString());
}

void Engine::CarryOut(const Notify& notify) {
  changed_.insert(notify.fault_id);
}

void Engine::CarryOut(const Superseded& superseded) {
  spdlog::error(
      "superseded: the agent of {} obeys another controller with term {}; this "
      "one has term {} and sends nothing more. {}",
      superseded.host, superseded.term, core_.term(), superseded.advice);
  on_superseded_();
}

void Engine::TellChanged() {
  bool any_ended = false;
  for (const std::string& id : std::exchange(changed_, {})) {
    const sunder::v1::Fault* fault = core_.Find(id, BootNow());
    if (fault == nullptr) continue;
    index_.Put(*fault);
    log_.Saw(*fault);
    hub_.Publish(*fault);
    any_ended = any_ended || IsFinal(fault->state());
  }
  // What it held on to may go.
  if (any_ended && targets_ != newest_) SetTargets();
}

}  // namespace sunder::controller
