// The real cores of controllers and agents on a model network with virtual
// time: messages are delayed, lost, repeated and reordered; processes die, stop
// and come back; clocks differ and drift. After every event the invariants of
// the protocol are checked. Deterministic for a seed; one thread.

#ifndef SUNDER_TESTS_SIMULATION_WORLD_H_
#define SUNDER_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/core/core.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/node.h"

namespace sunder::simulation {

struct Network {
  absl::Duration shortest = absl::Microseconds(200);
  absl::Duration longest = absl::Milliseconds(2);
  double lost = 0;      // Of messages.
  double repeated = 0;  // Of requests; the copy takes up to a second.
};

// What outlives a controller.
struct Disk {
  uint64_t term = 0;
  std::map<std::string, controller::store::v1::FaultRecord> records;
};

class World {
 public:
  World(int hosts, uint32_t seed);

  Network network;
  Disk disk;
  bool watch_works = true;  // Reports reach the controllers.

  Now now() const { return now_; }
  const controller::Options& options() const { return options_; }
  Node& node(int i) { return *nodes_[i]; }
  int hosts() const { return static_cast<int>(nodes_.size()); }
  std::mt19937& random() { return random_; }
  Invariants& invariants() { return invariants_; }

  // ---- Controllers: 0 is the one, 1 another that should not be.
  void StartController(int which = 0);
  void KillController(int which = 0);
  bool controller_alive(int which = 0) const {
    return controllers_[which].core != nullptr;
  }
  // Between the two nothing reaches it and it does nothing.
  void StopController(int which = 0) { controllers_[which].stopped = true; }
  void ContinueController(int which = 0);
  bool superseded(int which = 0) const {
    return controllers_[which].superseded;
  }

  // A fault on the hosts [0, count), each cut from each; returns its id.
  std::string Create(
      int count, absl::Duration duration,
      const std::function<void(sunder::v1::FaultSpec&)>& adapt =
          [](sunder::v1::FaultSpec&) {});
  // Its members are on these hosts from now on. `place` is where on them: with
  // another one the same hosts drop something else as well.
  void Move(const std::string& id, const std::vector<int>& on,
            const std::string& place = "");
  // Its members moved so that there is no plan.
  void MoveAway(const std::string& id);
  void Heal(const std::string& id);
  void HolderAttached(const std::string& id);
  void HolderGone(const std::string& id);
  sunder::v1::Fault View(const std::string& id, int which = 0);
  sunder::v1::FaultState State(const std::string& id, int which = 0) {
    return View(id, which).state();
  }
  bool Drops(int host, const std::string& id) {
    Refresh();
    return node(host).host().kernel().Drops(id);
  }
  int DropsOn(const std::string& id);  // How many hosts.

  // ---- Hosts.
  void KillAgent(int host);
  void StartAgent(int host);
  void Reboot(int host);
  void StopAgent(int host) { node(host).stopped = true; }
  void ContinueAgent(int host);
  void StepWallClock(int host, absl::Duration by);
  void SetLatch(int host);
  void Disconnect(int host, bool down);

  // ---- Time.
  bool StepOnce();  // False: nothing is left to happen.
  void RunFor(absl::Duration d);
  // False: it did not become so within `limit`.
  bool RunUntil(const std::function<bool()>& so,
                absl::Duration limit = absl::Seconds(20));
  bool RunUntilState(const std::string& id, sunder::v1::FaultState state,
                     absl::Duration limit = absl::Seconds(20)) {
    return RunUntil([&] { return State(id) == state; }, limit);
  }
  void At(Now when, std::function<void()> what);
  // Called for each call as it leaves; false: it is lost.
  std::function<bool(const controller::Call&)> on_call;
  // Called before a host carries an action out; false: its agent dies first.
  std::function<bool(int host)> on_action;

 private:
  struct ControllerProcess {
    std::unique_ptr<controller::Core> core;
    uint64_t life = 0;
    std::optional<Now> timer;
    bool stopped = false;
    bool superseded = false;
    std::vector<std::function<void()>> backlog;
  };

  sunder::v1::Plan PlanOn(const std::vector<int>& on, const std::string& place);
  absl::Duration Delay();
  bool Chance(double p);
  void Refresh();  // Sets all hosts' clocks.
  void Tick();     // The kernels are looked at often enough to measure by.
  // Runs `event` on the controller, if this life of it still lives.
  void ToController(int which, uint64_t life,
                    std::function<void(controller::Core&)> event);
  void AfterController(int which);
  void SendCall(int which, const controller::Call& call);
  void Arrive(int which, uint64_t life, const controller::Call& call, Now sent);
  void ToNode(int host, std::function<void()> event);
  void AfterNode(int host);
  void Orphans(int host);
  Node* Named(const std::string& name, int* index);

  Now now_;
  std::mt19937 random_;
  controller::Options options_;
  std::multimap<Now, std::function<void()>> events_;
  std::vector<std::unique_ptr<Node>> nodes_;
  ControllerProcess controllers_[2];
  Invariants invariants_{options_};
  int faults_ = 0;
  bool ticking_ = false;
};

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_WORLD_H_
