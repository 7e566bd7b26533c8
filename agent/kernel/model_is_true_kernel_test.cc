// The model of the kernel is true: random traces of calls, packets, waits and
// an operator's commands, replayed on nftables and on the model.
//
// SUNDER_TRACE_SEED and SUNDER_TRACES choose the first seed and how many;
// SUNDER_TICK_MS, how far the kernel's ticks, in which it counts leases, may be
// behind its clock for an answer to be compared: two ticks on a real machine,
// more where the processor is emulated and waits for its turn.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "agent/kernel/test_lab.h"
#include "agent/kernel/twin.h"
#include "agent/rules/program.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

constexpr int kSteps = 80;   // Of each trace.
constexpr int kEnough = 24;  // Traces, for each kind of thing to happen.
constexpr int kLanes = 8;    // Traces at the same time: they mostly wait.
constexpr int kGates = 5;
constexpr std::array kSources = {"10.77.0.2", "10.77.0.3", "10.77.0.4",
                                 "fd77::2",   "fd77::3",   "fd77::4"};

int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

class Trace {
 public:
  Trace(Twin& twin, uint32_t seed)
      : twin_(twin), random_(seed), edge_(twin.edge()) {}

  void Run() {
    for (int i = 0; i < kSteps && twin_.difference().empty(); ++i) {
      // A fault that goes its way, or anything to anybody.
      if (Pick(2) == 0) {
        Proceed(AnyGate());
      } else if (Pick(3) == 0) {
        Disturb(AnyGate());
      } else {
        Call(AnyGate());
      }
    }
    twin_.List();
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % n); }
  GateId AnyGate() { return 1 + Pick(kGates); }
  std::string AnySource() { return kSources[Pick(kSources.size())]; }
  absl::Duration Soon() { return edge_ * (3 + Pick(5)); }
  absl::Duration Later() { return edge_ * (8 + Pick(8)); }
  absl::Duration Past() { return -edge_ * (2 + Pick(10)); }

  absl::Duration AnyStart() {
    const std::array<absl::Duration, 5> starts = {
        Past(), Past(), absl::ZeroDuration(), Soon(), Later()};
    return starts[Pick(starts.size())];
  }
  absl::Duration AnyExpiry() {
    const std::array<absl::Duration, 6> expiries = {
        Past(), Soon(), Soon(), Later(), Later(), 100 * edge_};
    return expiries[Pick(expiries.size())];
  }

  // Gates of one parity are generations of one fault.
  static std::string FaultOf(GateId gate) {
    return absl::StrCat("fault", gate % 2);
  }

  void Stage(GateId gate) {
    v1::StageRequest request;
    request.set_fault_id(FaultOf(gate));
    request.set_generation(gate);
    request.set_digest(absl::StrCat("digest", Pick(100)));
    for (int flows = 1 + Pick(2); flows > 0; --flows) {
      auto* flow = request.add_flows();
      flow->mutable_behaviour()->mutable_drop();
      for (int i = 1 + Pick(3); i > 0; --i) flow->add_sources(AnySource());
    }
    twin_.Stage(gate, request);
  }

  // What an agent would ask next.
  void Proceed(GateId gate) {
    const auto fault = twin_.model().Read(gate);
    if (!fault.ok()) return Stage(gate);
    if (fault->state == GateState::kShut && fault->intact) {
      return twin_.Arm(gate, AnyStart(), Soon() + Later());
    }
    if (fault->lease_left <= absl::ZeroDuration() && Pick(3) == 0) {
      return twin_.Remove(gate);
    }
    switch (Pick(9)) {
      case 0:
        return EndLease(gate);
      case 1:
      case 2:
        return twin_.Open(gate);
      case 3:
      case 4:
        return twin_.Refresh(gate, Later());
      case 5:
      case 6:
        return twin_.Read(gate);
      default:
        return twin_.SendPacket(AnySource());
    }
  }

  void Call(GateId gate) {
    switch (Pick(16)) {
      case 0:
        return Stage(gate);
      case 1:
        return twin_.Arm(gate, AnyStart(), AnyExpiry());
      case 2:
        return twin_.Open(gate);
      case 3:
        return twin_.Shut(gate);
      case 4:
      case 5:
        return twin_.Refresh(gate, AnyExpiry());
      case 6:
        return twin_.Remove(gate);
      case 7:
      case 8:
        return twin_.Read(gate);
      case 9:
        return twin_.List();
      default:
        return twin_.SendPacket(AnySource());
    }
  }

  void Disturb(GateId gate) {
    switch (Pick(12)) {
      case 0:
        return twin_.Restart();
      case 1:
        return Damage(gate);
      case 2:
        return twin_.Foreign("delete table", gate, "delete table inet TABLE",
                             [&](auto& m) { (void)m.Remove(gate); });
      case 3:
        return EndLease(gate);
      case 4:
        // There is nothing else in it: it is as shut.
        return twin_.Foreign("flush gate", gate, "flush chain inet TABLE gate",
                             [&](auto& m) { (void)m.Shut(gate); });
      case 5:
        return twin_.Foreign(
            "foreign table", gate,
            Pick(2) == 0 ? "add table inet other" : "delete table inet other",
            [](auto&) {});
      case 6:
        if (Pick(3) != 0) return;
        return twin_.Foreign("flush ruleset", gate, "flush ruleset",
                             [](auto& m) { m.RemoveAll(); });
      default:
        return twin_.Wait(edge_ * Pick(10));
    }
  }

  void EndLease(GateId gate) {
    twin_.Foreign(
        "delete element", gate,
        absl::StrCat("delete element inet TABLE lease { ", gate, " }"),
        [&](auto& m) { m.EndLease(gate); });
  }

  // All generations of the fault, as the model does.
  void Damage(GateId gate) {
    constexpr std::array kWays = {"flush chain inet TABLE cuts",
                                  "insert rule inet TABLE cuts accept",
                                  "insert rule inet TABLE doomed accept"};
    std::vector<std::string> script;
    for (GateId g = 1; g <= kGates; ++g) {
      if (FaultOf(g) != FaultOf(gate) || !twin_.model().Read(g).ok()) continue;
      script.push_back(absl::StrReplaceAll(kWays[Pick(kWays.size())],
                                           {{"TABLE", TableName(g)}}));
    }
    if (script.empty()) return;
    twin_.Foreign("damage", gate, absl::StrJoin(script, "; "),
                  [&](auto& m) { m.Damage(FaultOf(gate)); });
  }

  Twin& twin_;
  std::mt19937 random_;
  const absl::Duration edge_;
};

// What all traces came to.
class Results {
 public:
  void Add(const Twin& twin, uint32_t seed) {
    const std::lock_guard lock(mutex_);
    compared_ += twin.compared();
    not_compared_ += twin.not_compared();
    early_ = std::max(early_, twin.early());
    late_ = std::max(late_, twin.late());
    for (const auto& [answer, count] : twin.answers()) {
      answers_[answer] += count;
    }
    if (twin.difference().empty()) return;
    Fail(absl::StrCat("SUNDER_TRACES=1 SUNDER_TRACE_SEED=", seed, "\n",
                      absl::StrJoin(twin.log(), "\n"), "\n",
                      twin.difference()));
  }
  void Broken(const std::string& why) {
    const std::lock_guard lock(mutex_);
    Fail(why);
  }
  bool failed() const { return failed_; }

  int compared() const { return compared_; }
  int not_compared() const { return not_compared_; }
  absl::Duration early() const { return early_; }
  absl::Duration late() const { return late_; }
  int Count(const std::string& answer) { return answers_[answer]; }
  const std::map<std::string, int>& answers() const { return answers_; }

 private:
  void Fail(const std::string& why) {
    failed_ = true;
    ADD_FAILURE() << why;
  }

  std::mutex mutex_;
  std::atomic<bool> failed_ = false;
  int compared_ = 0, not_compared_ = 0;
  absl::Duration early_, late_;
  std::map<std::string, int> answers_;
};

TEST(ModelKernel, SaysAndDoesWhatTheKernelDoes) {
  const int first = Setting("SUNDER_TRACE_SEED", 1);
  const int traces = Setting("SUNDER_TRACES", kEnough);
  const absl::Duration tick = absl::Milliseconds(Setting("SUNDER_TICK_MS", 8));
  Results results;
  std::atomic<int> next = first;
  std::vector<std::thread> lanes(std::min(kLanes, traces));
  for (std::thread& lane : lanes) {
    lane = std::thread([&] {
      try {
        Lab lab;  // The lane's own namespaces.
        for (int seed = next++; seed < first + traces; seed = next++) {
          if (results.failed()) return;
          Twin twin(lab, tick);
          Trace(twin, static_cast<uint32_t>(seed)).Run();
          results.Add(twin, static_cast<uint32_t>(seed));
        }
      } catch (const std::exception& e) {
        results.Broken(e.what());
      }
    });
  }
  for (std::thread& lane : lanes) lane.join();
  std::cout << "traces: " << traces << " of " << kSteps << " steps from seed "
            << first << ": " << results.compared() << " compared, "
            << results.not_compared() << " too near an edge; leases up to "
            << results.early() << " early, " << results.late() << " late\n";
  for (const auto& [answer, count] : results.answers()) {
    std::cout << "  " << answer << ": " << count << "\n";
  }
  EXPECT_GE(results.compared(), 19 * results.not_compared());
  // Of few, or of those before a failure, little can be said.
  if (traces < kEnough || HasFailure()) return;
  for (const char* answer : {"Stage OK",
                             "Stage ALREADY_EXISTS",
                             "Arm OK",
                             "Arm NOT_FOUND",
                             "Arm FAILED_PRECONDITION",
                             "Arm DEADLINE_EXCEEDED",
                             "Open OK",
                             "Open NOT_FOUND",
                             "Shut OK",
                             "Shut NOT_FOUND",
                             "Refresh OK",
                             "Refresh NOT_FOUND",
                             "Refresh DEADLINE_EXCEEDED",
                             "Remove OK",
                             "Read OK",
                             "Read NOT_FOUND",
                             "List OK",
                             "Packet dropped",
                             "Packet arrived",
                             "damage OK",
                             "delete table OK",
                             "delete element OK",
                             "flush gate OK",
                             "foreign table OK",
                             "flush ruleset OK"}) {
    EXPECT_GT(results.Count(answer), 0) << answer;
  }
}

}  // namespace
}  // namespace sunder::agent
