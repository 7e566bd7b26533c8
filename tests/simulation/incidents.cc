#include "tests/simulation/incidents.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sunder::simulation {
namespace {

using agent::ModelOp;

constexpr size_t kMostFaults = 40;

int HostOf(Walked& walked, int a) { return a % walked.world.hosts(); }

// One of the last faults, which may still live; null: there is none, or nobody
// to ask.
const std::string* FaultOf(Walked& walked, int a) {
  if (!walked.world.Rules() || walked.ids.empty()) return nullptr;
  const int last = static_cast<int>(walked.ids.size()) - 1;
  return &walked.ids[std::max(0, last - a % 4)];
}

std::vector<int> SomeHosts(Walked& walked, int bits) {
  std::vector<int> on;
  for (int host = 0; host < walked.world.hosts(); ++host) {
    // Three of four.
    if (((bits >> (2 * host)) & 3) != 0) on.push_back(host);
  }
  return on;
}

// ---- Users, and the cluster.

void Create(Walked& walked, int a, int b) {
  std::vector<int> on = SomeHosts(walked, a);
  if (!walked.world.Rules() || on.empty() || walked.ids.size() >= kMostFaults) {
    return;
  }
  sunder::v1::FaultSpec spec;
  spec.mutable_duration()->set_seconds(1 + b % 15);
  if (b / 15 % 4 == 0) {
    spec.set_on_partial(sunder::v1::PARTIAL_POLICY_CONTINUE);
  }
  if (b / 60 % 4 == 0) spec.set_hold(true);
  const auto id = walked.world.TryCreate(on, spec);
  if (!id.ok()) return;  // A host has left the inventory.
  walked.ids.push_back(*id);
  if (spec.hold()) walked.world.HolderAttached(*id);
}

void Heal(Walked& walked, int a, int /*b*/) {
  if (const std::string* id = FaultOf(walked, a)) walked.world.Heal(*id);
}

// Somebody changes their mind within a second.
void Cancel(Walked& walked, int a, int b) {
  Create(walked, a, b);
  if (walked.ids.empty()) return;
  World& world = walked.world;
  world.At(world.now() + absl::Milliseconds((a * 7 + b) % 800),
           [&world, id = walked.ids.back()] {
             if (world.Rules()) world.Heal(id);
           });
}

void HolderGone(Walked& walked, int a, int /*b*/) {
  const std::string* id = FaultOf(walked, a);
  if (id == nullptr || !walked.world.View(*id).spec().hold()) return;
  walked.world.HolderGone(*id);
}

void HolderBack(Walked& walked, int a, int /*b*/) {
  const std::string* id = FaultOf(walked, a);
  if (id == nullptr || !walked.world.View(*id).spec().hold()) return;
  walked.world.HolderAttached(*id);
}

void Move(Walked& walked, int a, int b) {
  const std::string* id = FaultOf(walked, a / 4);
  if (id == nullptr) return;
  const std::vector<int> on = SomeHosts(walked, b);
  if (on.empty()) return walked.world.MoveAway(*id);
  walked.world.Move(*id, on, a % 2 == 0 ? "" : std::to_string(b % 3));
}

// ---- Agents and their hosts.

void KillAgent(Walked& walked, int a, int /*b*/) {
  const int host = HostOf(walked, a);
  if (walked.world.node(host).alive()) walked.world.KillAgent(host);
}

void StartAgent(Walked& walked, int a, int b) {
  const int host = HostOf(walked, a);
  // Sometimes one that lives: a restart.
  if (walked.world.node(host).alive() && b % 4 != 0) return;
  walked.world.StartAgent(host);
}

void StopAgent(Walked& walked, int a, int /*b*/) {
  walked.world.StopAgent(HostOf(walked, a));
}

// At a moment that a random one would hardly ever hit.
void StopAtAction(Walked& walked, int a, int b) {
  walked.world.Interrupt(HostOf(walked, a), b % 8, false);
}

void KillAtAction(Walked& walked, int a, int b) {
  walked.world.Interrupt(HostOf(walked, a), b % 8, true);
}

void ContinueAgent(Walked& walked, int a, int /*b*/) {
  walked.world.ContinueAgent(HostOf(walked, a));
}

void Reboot(Walked& walked, int a, int /*b*/) {
  walked.world.Reboot(HostOf(walked, a));
}

void Sleep(Walked& walked, int a, int b) {
  walked.world.Suspend(HostOf(walked, a), absl::Milliseconds(10 + 10 * b));
}

void StepWallClock(Walked& walked, int a, int b) {
  const int ms = b % 2 == 0 ? 5000 - b * 10 : 40 - b % 80;
  walked.world.StepWallClock(HostOf(walked, a), absl::Milliseconds(ms));
}

void SetLatch(Walked& walked, int a, int /*b*/) {
  walked.world.SetLatch(HostOf(walked, a));
}

void ReleaseLatch(Walked& walked, int a, int /*b*/) {
  const int host = HostOf(walked, a);
  if (walked.world.node(host).host().kernel().latched) {
    walked.world.ReleaseLatch(host);
  }
}

void Flush(Walked& walked, int a, int /*b*/) {
  walked.world.RemoveTables(HostOf(walked, a));
}

void Damage(Walked& walked, int a, int b) {
  if (walked.ids.empty()) return;
  walked.world.Damage(
      HostOf(walked, a),
      walked.ids[walked.ids.size() - 1 - b % walked.ids.size()]);
}

void FailKernel(Walked& walked, int a, int b) {
  constexpr ModelOp kOps[] = {
      ModelOp::kStage,   ModelOp::kArm,    ModelOp::kOpen, ModelOp::kShut,
      ModelOp::kRefresh, ModelOp::kRemove, ModelOp::kRead};
  const ModelOp op = kOps[b % 7];
  auto& kernel = walked.world.node(HostOf(walked, a)).host().kernel();
  switch (b / 7 % 4) {
    case 0:
      return kernel.FailNext(op, absl::PermissionDeniedError("EPERM"));
    case 1:
      return kernel.FailNext(op, absl::ResourceExhaustedError("ENOMEM"));
    case 2:  // The answer was lost, and with it whether it was done.
      return kernel.FailNext(op, absl::DataLossError("ENOBUFS"));
    default:
      return kernel.FailNext(op, absl::DataLossError("ENOBUFS"), true);
  }
}

void FillAgentDisk(Walked& walked, int a, int b) {
  walked.world.node(HostOf(walked, a)).host().disk_full = b % 2 == 0;
}

// ---- The network.

void Cut(Walked& walked, int a, int b) {
  const int host = HostOf(walked, a);
  const bool to = b % 4 != 1, from = b % 4 != 2;
  if (b / 4 % 2 == 0) walked.world.Cut(host, 1, to, from);
  if (b / 4 % 4 != 3) walked.world.Cut(host, 0, to, from);
}

void Join(Walked& walked, int a, int /*b*/) {
  walked.world.Disconnect(HostOf(walked, a), false);
}

void Enlist(Walked& walked, int a, int b) {
  walked.world.Enlist(HostOf(walked, a), b % 3 != 0);
}

void Slow(Walked& walked, int /*a*/, int b) {
  walked.world.network.longest = absl::Milliseconds(2 + b % 3 * b / 2);
}

// ---- Controllers and their disks.

void KillController(Walked& walked, int /*a*/, int /*b*/) {
  walked.world.KillController();
}

void KillControllerAtCall(Walked& walked, int /*a*/, int b) {
  walked.world.KillControllerAtCall(b % 12);
}

void StartController(Walked& walked, int /*a*/, int b) {
  // Sometimes one that rules: a restart.
  if (walked.world.Rules() && b % 8 != 0) return;
  walked.world.StartController();
}

void StopController(Walked& walked, int /*a*/, int /*b*/) {
  walked.world.StopController();
}

void ContinueController(Walked& walked, int /*a*/, int /*b*/) {
  walked.world.ContinueController();
}

void CopyDisk(Walked& walked, int /*a*/, int /*b*/) {
  walked.world.copy = walked.world.disk;
}

void RestoreDisk(Walked& walked, int /*a*/, int b) {
  if (walked.world.controller_alive() || !walked.world.copy) return;
  walked.went_back = true;
  walked.world.disk = b % 3 == 0 ? Disk() : *walked.world.copy;
}

void StartOther(Walked& walked, int /*a*/, int /*b*/) {
  if (walked.world.copy) walked.world.StartController(1);
}

void KillOther(Walked& walked, int /*a*/, int /*b*/) {
  walked.world.KillController(1);
}

void FillDisk(Walked& walked, int /*a*/, int b) {
  walked.world.disk_full = b % 2 == 0;
}

}  // namespace

const std::vector<Kind>& Kinds() {
  static const auto* const kKinds = new std::vector<Kind>{
      {"create", Who::kRecovery, Create},
      {"heal", Who::kUser, Heal},
      {"cancel", Who::kUser, Cancel},
      {"holder-gone", Who::kUser, HolderGone},
      {"holder-back", Who::kUser, HolderBack},
      {"move", Who::kUser, Move},
      {"kill-agent", Who::kHost, KillAgent},
      {"start-agent", Who::kRecovery, StartAgent},
      {"stop-agent", Who::kHost, StopAgent},
      {"stop-at-action", Who::kHost, StopAtAction},
      {"kill-at-action", Who::kHost, KillAtAction},
      {"continue-agent", Who::kRecovery, ContinueAgent},
      {"reboot", Who::kHost, Reboot},
      {"sleep", Who::kHost, Sleep},
      {"step-wall-clock", Who::kHost, StepWallClock},
      {"set-latch", Who::kOperator, SetLatch},
      {"release-latch", Who::kRecovery, ReleaseLatch},
      {"flush", Who::kOperator, Flush},
      {"damage", Who::kOperator, Damage},
      {"fail-kernel", Who::kOperator, FailKernel},
      {"fill-agent-disk", Who::kHost, FillAgentDisk},
      {"cut", Who::kNetwork, Cut},
      {"join", Who::kRecovery, Join},
      {"enlist", Who::kNetwork, Enlist},
      {"slow", Who::kNetwork, Slow},
      {"kill-controller", Who::kController, KillController},
      {"kill-controller-at-call", Who::kController, KillControllerAtCall},
      {"start-controller", Who::kRecovery, StartController},
      {"stop-controller", Who::kController, StopController},
      {"continue-controller", Who::kRecovery, ContinueController},
      {"copy-disk", Who::kController, CopyDisk},
      {"restore-disk", Who::kController, RestoreDisk},
      {"start-other", Who::kController, StartOther},
      {"kill-other", Who::kController, KillOther},
      {"fill-disk", Who::kController, FillDisk},
  };
  return *kKinds;
}

const Kind* FindKind(absl::string_view name) {
  const auto& kinds = Kinds();
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(),
                   [name](const Kind& k) { return k.name == name; });
  return kind == kinds.end() ? nullptr : &*kind;
}

}  // namespace sunder::simulation
