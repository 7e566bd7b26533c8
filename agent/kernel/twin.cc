#include "agent/kernel/twin.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/rules/program.h"
#include "common/clock.h"

namespace sunder::agent {
namespace {

// NftKernel sees to it that a lease ends no later than this after its expiry,
// and gives up the fault if it takes longer to set it, again and again.
constexpr absl::Duration kLeaseTolerance = absl::Milliseconds(10);

constexpr absl::Duration kUnit = absl::Milliseconds(1);  // Of a timeout.

std::string Text(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Microseconds(100)));
}

std::string Text(const KernelFault& fault) {
  return absl::StrCat("gate ", fault.gate, " ", fault.key.fault_id, "/",
                      fault.key.generation, "/", fault.key.digest, " state ",
                      fault.state, fault.intact ? "" : " not intact", " left ",
                      Text(fault.lease_left), " dropped ",
                      fault.dropped_packets);
}

absl::Duration Clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return absl::DurationFromTimespec(now);
}

// The coarse clock is set at each tick.
absl::Duration TickLag() {
  const absl::Duration at_tick = Clock(CLOCK_MONOTONIC_COARSE);
  return Clock(CLOCK_MONOTONIC) - at_tick;
}

absl::Duration WallAhead() {
  absl::Duration ahead, best = absl::InfiniteDuration();
  for (int i = 0; i < 3 && best > absl::Milliseconds(1); ++i) {
    const BootInstant before = BootNow();
    const WallInstant wall = WallNow();
    const absl::Duration took = BootNow() - before;
    if (took >= best) continue;  // Put off between the readings.
    best = took;
    ahead = absl::Nanoseconds(wall.nanos() - before.nanos());
  }
  return ahead;
}

}  // namespace

Twin::Twin(Lab& lab, absl::Duration tick)
    : lab_(lab),
      tick_(tick),
      edge_(tick + kLeaseTolerance + kUnit),
      begin_(BootNow()) {
  lab_.Shell("nft flush ruleset");
  Restart();
}

void Twin::SetClock(BootInstant now) {
  clock_.now = now;
  clock_.wall_ahead = WallAhead();
}

bool Twin::IsNearEdge(const std::set<GateId>& gates, BootInstant from,
                      BootInstant to) const {
  return std::any_of(gates.begin(), gates.end(), [&](GateId gate) {
    const auto known = known_.find(gate);
    if (known == known_.end()) return false;
    const auto edge = known->second.edges.lower_bound(from - edge_);
    return edge != known->second.edges.end() && *edge <= to + edge_;
  });
}

void Twin::AwaitClear(const std::set<GateId>& gates) {
  // With room for the call itself.
  while (IsNearEdge(gates, BootNow(), BootNow() + edge_)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // bounded wait
  }
}

void Twin::Forget(const std::set<GateId>& gates) {
  for (const GateId gate : gates) {
    if (absl::Status s = real_->Remove(gate); !s.ok()) {
      difference_ = absl::StrCat("cannot forget ", gate, ": ", s.ToString());
    }
    model_.Remove(gate).IgnoreError();
    known_.erase(gate);
  }
}

void Twin::Note(const Call& call, const std::string& answer) {
  log_.push_back(absl::StrCat("+", Text(BootNow() - begin_), " ", call.name,
                              "(", call.arguments, "): ", answer));
}

bool Twin::IsDoubtful(const Call& call, const Outcome& real, BootInstant before,
                      BootInstant after, absl::Duration lag) const {
  if (call.gates.empty()) return false;
  if (lag > tick_ || IsNearEdge(call.gates, before, after)) return true;
  if (call.changes != Changes::kLease) return false;
  const bool gave_up =
      after - before > kLeaseTolerance && absl::IsDeadlineExceeded(real.status);
  const bool passed =
      before <= call.expiry + edge_ && call.expiry <= after + edge_;
  return gave_up || passed;
}

void Twin::Do(const Call& call) {
  if (!difference_.empty()) return;
  absl::Duration lag = TickLag();
  const BootInstant before = BootNow();
  const Outcome real = call.real();
  const BootInstant after = BootNow();
  lag = std::max(lag, TickLag());
  const absl::Duration took = after - before;
  SetClock(after);
  const Outcome model = call.model();
  if (IsDoubtful(call, real, before, after, lag)) {
    ++not_compared_;
    Note(call, absl::StrCat("not compared, it took ", Text(took)));
    if (call.changes != Changes::kNothing) Forget(call.gates);
    return;
  }
  ++compared_;
  std::string answer = call.name == "Packet"
                           ? std::string(real.dropped ? "dropped" : "arrived")
                           : absl::StatusCodeToString(real.status.code());
  ++answers_[absl::StrCat(call.name, " ", answer)];
  for (const KernelFault& fault : real.faults) {
    absl::StrAppend(&answer, "; ", Text(fault));
  }
  Note(call, answer);
  difference_ = Compare(real, model, took);
}

std::string Twin::Compare(const Outcome& real, const Outcome& model,
                          absl::Duration took) {
  if (real.status.code() != model.status.code()) {
    return absl::StrCat("the kernel says ", real.status.ToString(),
                        ", the model ", model.status.ToString());
  }
  if (real.dropped != model.dropped) {
    return real.dropped ? "the kernel dropped it, the model did not"
                        : "the model dropped it, the kernel did not";
  }
  if (real.faults.size() != model.faults.size()) {
    return absl::StrCat("the kernel holds ", real.faults.size(),
                        " faults, the model ", model.faults.size());
  }
  for (size_t i = 0; i < real.faults.size(); ++i) {
    std::string difference = Compare(real.faults[i], model.faults[i], took);
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string Twin::Compare(const KernelFault& real, const KernelFault& model,
                          absl::Duration took) {
  const absl::Duration more = real.lease_left - model.lease_left;
  const bool both_alive = real.lease_left > absl::ZeroDuration() &&
                          model.lease_left > absl::ZeroDuration();
  if (both_alive) {
    early_ = std::max(early_, -more);
    late_ = std::max(late_, more - took);
  }
  const bool lease_is_same =
      both_alive
          ? more >= -kUnit - tick_ && more <= took + kLeaseTolerance + tick_
          : more == absl::ZeroDuration();
  if (real.gate == model.gate && real.key == model.key &&
      real.state == model.state && real.intact == model.intact &&
      real.dropped_packets == model.dropped_packets && lease_is_same) {
    return "";
  }
  return absl::StrCat("the kernel has ", Text(real), "\nthe model has  ",
                      Text(model));
}

void Twin::Ask(Call call, std::function<Outcome(Kernel&)> ask) {
  call.real = [&] { return ask(*real_); };
  call.model = [&] { return ask(model_); };
  Do(call);
}

void Twin::Stage(GateId gate, const v1::StageRequest& request) {
  const auto shared = std::make_shared<v1::StageRequest>(request);
  if (!model_.Read(gate).ok()) {
    known_.erase(gate);  // Who removed it may have been somebody else.
    for (const auto& flow : request.flows()) {
      known_[gate].sources.insert(flow.sources().begin(), flow.sources().end());
    }
  }
  Ask({.name = "Stage",
       .arguments = absl::StrCat(gate, ", ", request.ShortDebugString())},
      [&](Kernel& kernel) {
        return Outcome{kernel.Stage(gate, shared), {}};
      });
}

void Twin::Arm(GateId gate, absl::Duration start_in, absl::Duration expiry_in) {
  AwaitClear({gate});
  SetClock(BootNow());
  const BootInstant start = clock_.now + start_in;
  const BootInstant expiry = clock_.now + expiry_in;
  const WallInstant wall_start = clock_.WallAt(start);
  if (known_.contains(gate)) known_[gate].edges.insert(expiry);
  Ask({.name = "Arm",
       .arguments = absl::StrCat(gate, ", start in ", Text(start_in),
                                 ", expiry in ", Text(expiry_in)),
       .gates = {gate},
       .changes = Changes::kLease,
       .expiry = expiry},
      [&](Kernel& kernel) {
        return Outcome{kernel.Arm(gate, wall_start, expiry), {}};
      });
  if (known_.contains(gate)) known_[gate].edges.insert(start);
}

void Twin::Refresh(GateId gate, absl::Duration expiry_in) {
  AwaitClear({gate});
  const BootInstant expiry = BootNow() + expiry_in;
  if (known_.contains(gate)) known_[gate].edges.insert(expiry);
  Ask({.name = "Refresh",
       .arguments = absl::StrCat(gate, ", expiry in ", Text(expiry_in)),
       .gates = {gate},
       .changes = Changes::kLease,
       .expiry = expiry},
      [&](Kernel& kernel) {
        return Outcome{kernel.Refresh(gate, expiry), {}};
      });
}

void Twin::Open(GateId gate) {
  Ask({.name = "Open", .arguments = absl::StrCat(gate)}, [&](Kernel& kernel) {
    return Outcome{kernel.Open(gate), {}};
  });
}

void Twin::Shut(GateId gate) {
  Ask({.name = "Shut", .arguments = absl::StrCat(gate)}, [&](Kernel& kernel) {
    return Outcome{kernel.Shut(gate), {}};
  });
}

void Twin::Remove(GateId gate) {
  Ask({.name = "Remove", .arguments = absl::StrCat(gate)}, [&](Kernel& kernel) {
    return Outcome{kernel.Remove(gate), {}};
  });
  known_.erase(gate);
}

void Twin::Read(GateId gate) {
  AwaitClear({gate});
  Ask({.name = "Read",
       .arguments = absl::StrCat(gate),
       .gates = {gate},
       .changes = Changes::kNothing},
      [&](Kernel& kernel) {
        const absl::StatusOr<KernelFault> fault = kernel.Read(gate);
        if (!fault.ok()) return Outcome{fault.status(), {}};
        return Outcome{absl::OkStatus(), {*fault}};
      });
}

void Twin::List() {
  std::set<GateId> gates;
  for (const auto& [gate, known] : known_) gates.insert(gate);
  AwaitClear(gates);
  Ask({.name = "List", .gates = gates, .changes = Changes::kNothing},
      [&](Kernel& kernel) {
        absl::StatusOr<std::vector<KernelFault>> faults = kernel.List();
        if (!faults.ok()) return Outcome{faults.status(), {}};
        std::sort(faults->begin(), faults->end(),
                  [](const auto& a, const auto& b) { return a.gate < b.gate; });
        return Outcome{absl::OkStatus(), *std::move(faults)};
      });
}

void Twin::SendPacket(const std::string& source) {
  std::set<GateId> gates;
  for (const auto& [gate, known] : known_) {
    if (known.sources.contains(source)) gates.insert(gate);
  }
  AwaitClear(gates);
  Do({.name = "Packet",
      .arguments = absl::StrCat("from ", source),
      .gates = gates,
      .changes = Changes::kTables,
      .real =
          [&] {
            return Outcome{
                absl::OkStatus(), {}, !lab_.Arrives({.from = source})};
          },
      .model =
          [&] {
            return Outcome{absl::OkStatus(), {}, model_.Send(source)};
          }});
}

void Twin::Wait(absl::Duration duration) {
  const BootInstant end = BootNow() + duration;
  while (BootNow() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // bounded wait
  }
}

void Twin::Restart() {
  real_.reset();
  auto kernel = NftKernel::Create();
  if (!kernel.ok()) throw std::runtime_error(kernel.status().ToString());
  real_ = *std::move(kernel);
  log_.emplace_back("another process");
}

void Twin::Foreign(const std::string& name, GateId gate,
                   const std::string& command,
                   const std::function<void(ModelKernel&)>& model) {
  if (!difference_.empty()) return;
  const std::string script =
      absl::StrReplaceAll(command, {{"TABLE", TableName(gate)}});
  const bool done = lab_.Succeeds(absl::StrCat("nft '", script, "'"));
  ++answers_[absl::StrCat(name, done ? " OK" : " refused")];
  log_.push_back(absl::StrCat("nft ", script, ": ", done ? "OK" : "refused"));
  if (done) model(model_);
}

}  // namespace sunder::agent
