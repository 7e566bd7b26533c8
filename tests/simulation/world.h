// The real cores of controllers and agents on a model network with virtual
// time: messages are delayed, lost, repeated and reordered; processes die, stop
// and come back; hosts sleep and reboot; disks fill and go back in time; clocks
// differ, drift and step. After every event the invariants of the protocol are
// checked. Deterministic for a seed; one thread.

#ifndef SUNDER_TESTS_SIMULATION_WORLD_H_
#define SUNDER_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/core/core.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/node.h"

namespace sunder::simulation {

struct Network {
  absl::Duration shortest = absl::Microseconds(200);
  absl::Duration longest = absl::Milliseconds(2);
  double lost = 0;      // Of messages.
  double repeated = 0;  // Of requests; the copy takes up to 500 x longest.
};

// What outlives a controller.
struct Disk {
  uint64_t term = 0;
  std::map<std::string, controller::store::v1::FaultRecord> records;
  // Which write each record is of. Writes reach a disk in their order.
  std::map<std::string, uint64_t> written;
  void Put(const controller::store::v1::FaultRecord& record, uint64_t write);
};

class World {
 public:
  World(int hosts, uint32_t seed);

  Network network;
  Disk disk;
  // What controller 1 lives on, where it is not that of controller 0: a copy
  // made at some time, as of a virtual machine.
  std::optional<Disk> copy;
  bool disk_full = false;
  absl::Duration disk_time = absl::Microseconds(300);  // To write a record.
  bool watch_works = true;  // Reports reach the controllers.
  // Called with each violation of an invariant. Fails the test, unless set.
  std::function<void(const std::string&)> on_violation;
  // Called with a line for each thing that happens, if set.
  std::function<void(const std::string&)> journal;

  Now now() const { return now_; }
  // When the last copy of a request arrives, of those sent so far.
  Now last_copy() const { return last_copy_; }
  // How many things have happened; looks at the clock are none.
  uint64_t steps() const { return steps_; }
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
  // It lives, is not stopped, and has not been superseded.
  bool Rules(int which = 0) const;
  bool superseded(int which = 0) const {
    return controllers_[which].superseded;
  }
  // The host is, or is no longer, one of those that the controllers know.
  void Enlist(int host, bool listed);

  // A fault on the hosts [0, count), each cut from each; returns its id.
  std::string Create(
      int count, absl::Duration duration,
      const std::function<void(sunder::v1::FaultSpec&)>& adapt =
          [](sunder::v1::FaultSpec&) {});
  // On these hosts; the controller may refuse.
  absl::StatusOr<std::string> TryCreate(const std::vector<int>& on,
                                        const sunder::v1::FaultSpec& spec);
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
  void StopAgent(int host) {
    node(host).stopped = true;
    invariants_.StandsStill(node(host).name(), now_);
  }
  void ContinueAgent(int host);
  void Suspend(int host, absl::Duration d);
  void StepWallClock(int host, absl::Duration by);
  void SetLatch(int host);  // And removes all, as `--heal-all` does.
  void ReleaseLatch(int host);
  // An operator removes our tables, or empties a chain of them.
  void RemoveTables(int host);
  void Damage(int host, const std::string& id);
  void Disconnect(int host, bool down);
  // From one controller, in one direction or both.
  void Cut(int host, int which, bool to, bool from);

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
  // Before the host's agent carries out its nth action from now, it is stopped,
  // or dies.
  void Interrupt(int host, int n, bool dies) { interrupts_[host] = {n, dies}; }
  // The controller dies before its nth call from now leaves.
  void KillControllerAtCall(int n) { calls_left_ = n; }
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
    bool pump_due = false;  // What agents said is noted, and not yet acted on.
    std::vector<std::function<void()>> backlog;
    std::map<std::string, sunder::v1::FaultState> said;  // For the journal.
  };

  sunder::v1::Plan PlanOn(const std::vector<int>& on, const std::string& place);
  absl::Duration Delay();
  bool Chance(double p);
  void Refresh();  // Sets all hosts' clocks.
  // When a kernel begins or ceases to drop by itself.
  std::optional<Now> NextKernelChange();
  void CheckThatTimePasses();
  void LookAt(Now when);  // Something is looked at then.
  void Violated(const std::string& what);
  // Joined for the journal, with the time.
  template <typename... Words>
  void Note(const Words&... words);
  Disk& DiskOf(int which);
  std::vector<std::string> Listed() const;
  // Runs `event` on the controller, if this life of it still lives, and what
  // follows from it; of what an agent says a moment later, with all else that
  // agents say meanwhile.
  void FromAgent(int which, uint64_t life,
                 std::function<void(controller::Core&)> event);
  void ToController(int which, uint64_t life,
                    std::function<void(controller::Core&)> event);
  void AfterController(int which);
  void CheckViews(int which, const std::set<std::string>& changed);
  void Write(int which, const controller::Persist& persist);
  void SendCall(int which, const controller::Call& call);
  void Arrive(int which, uint64_t life, const controller::Call& call, Now sent);
  void ToNode(int host, std::function<void()> event);
  void AfterNode(int host);
  // Somebody changed these there. The kernel notifies the agent, which must not
  // say for longer than a read takes what is no longer so.
  void NotifyOfChange(int host, std::set<agent::GateId> gates);
  void ExpectTruth(int host);
  // Whether the agent may act now.
  bool MayAct(int host);
  void Report(int host, const agent::v1::Held& held);
  void Pump(int host);
  Node* Named(const std::string& name, int* index);

  Now now_;
  uint64_t steps_ = 0, writes_ = 0;
  Now last_copy_;
  Now instant_;
  uint64_t at_this_instant_ = 0;  // How many events.
  std::mt19937 random_;
  controller::Options options_;
  std::multimap<Now, std::function<void()>> events_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::set<int> unlisted_;
  struct Interruption {
    int actions_left = 0;
    bool dies = false;
  };
  std::map<int, Interruption> interrupts_;
  std::optional<int> calls_left_;
  ControllerProcess controllers_[2];
  Invariants invariants_;
  int faults_ = 0;
  bool only_looked_ = false;  // Nothing has happened in the event at hand.
};

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_WORLD_H_
