// One host of the simulated world: the real agent core on a model kernel, with
// a clock of its own and kernel operations that take time. Owned by World.

#ifndef SUNDER_TESTS_SIMULATION_NODE_H_
#define SUNDER_TESTS_SIMULATION_NODE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/core/model_host.h"
#include "common/instant.h"
#include "controller/core/action.h"

namespace sunder::simulation {

// The world's time, which is the controllers' CLOCK_BOOTTIME too.
using Now = BootInstant;

class Node {
 public:
  using Answer = std::function<void(absl::StatusOr<controller::Response>)>;

  Node(const std::string& name, absl::Duration ahead, int64_t drift_ppm,
       uint32_t seed);

  const std::string& name() const { return name_; }
  agent::ModelHost& host() { return host_; }
  const agent::ModelHost& host() const { return host_; }
  bool alive() const { return host_.alive(); }

  // Moves this host's clock; before anything else at each event.
  void SetNow(Now now) { clock_.now = ToLocal(now); }
  BootInstant ToLocal(Now now) const;
  Now ToWorld(BootInstant local) const;
  BootInstant local_now() const { return clock_.now; }

  // A request arrives. `answer` is called once, unless the agent dies first:
  // then TakeOrphans gives it.
  void Deliver(const controller::Request& request, Answer answer);
  // Carries one pending action out, and gives the answers that it brought.
  void CarryOutOne();
  void Kill();
  // Kills it too. CLOCK_BOOTTIME begins anew.
  void Reboot(Now now);
  std::deque<Answer> TakeOrphans() { return std::exchange(orphans_, {}); }

  agent::v1::Stamp Stamp() { return host_.core().StampAt(clock_.now); }

  bool stopped = false;    // SIGSTOP: only the kernel goes on.
  bool suspended = false;  // The whole host sleeps; `stopped` is set as well.
  std::deque<std::function<void()>> backlog;  // What came while stopped.
  // The network, from and to each controller.
  bool to_host[2] = {true, true}, from_host[2] = {true, true};
  bool pumping = false;              // An action's carrying out is under way.
  std::optional<BootInstant> timer;  // Set for this instant of its clock.

 private:
  void GiveAnswers();
  absl::StatusOr<controller::Response> Wrap(size_t kind,
                                            const agent::Reply& reply);

  struct Outstanding {
    size_t kind;  // Index in controller::Request.
    Answer answer;
  };
  const std::string name_;
  absl::Duration ahead_;
  const int64_t drift_ppm_;
  agent::ModelClock clock_;
  agent::ModelHost host_;
  std::map<agent::CallId, Outstanding> outstanding_;
  std::deque<Answer> orphans_;
};

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_NODE_H_
