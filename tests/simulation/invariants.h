// What must hold at every instant, checked against what the model kernels do.
// Violations are GoogleTest failures. Owned by World.

#ifndef SUNDER_TESTS_SIMULATION_INVARIANTS_H_
#define SUNDER_TESTS_SIMULATION_INVARIANTS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/core/action.h"
#include "controller/core/options.h"
#include "sunder/v1/fault.pb.h"
#include "tests/simulation/node.h"

namespace sunder::simulation {

// What a measured time may be longer by than the true one: the two clocks that
// it hangs on are each known to a few milliseconds, and the kernels are looked
// at every 10 ms.
constexpr absl::Duration kTolerance = absl::Milliseconds(20);

class Invariants {
 public:
  // A whole fault becomes whole again, or is gone, within a lease: no expiry is
  // further ahead when it is sent, and none is sent after a host has stopped
  // before its own. But what was interfered with may stop just after it
  // acknowledged, and the next expiry goes out an interval later.
  explicit Invariants(const controller::Options& options)
      : lease_(options.lease), interval_(options.interval) {}

  // Of all hosts there are.
  using Nodes = std::vector<Node*>;
  void Declared(const std::string& id, const sunder::v1::Plan& plan,
                const Nodes& nodes, bool may_be_partial);
  // From now on it may drop what `plan` says; who is in both plans stays.
  void MembersMoved(const std::string& id, const sunder::v1::Plan& plan);
  // A call leaves a controller: it permits what it asks for.
  void Sent(const std::string& host, const controller::Call& call);
  // Something was done to the host that its controller cannot know at once, but
  // once the lease is over that the host acknowledged before.
  void Interfered(const std::string& host, Now now) {
    Interfered(host, now, lease_ + kTolerance);
  }
  // As above, but it learns of it within `blindness`.
  void Interfered(const std::string& host, Now now, absl::Duration blindness) {
    Now& until = blind_until_[host];
    until = std::max(until, now + blindness);
  }

  // A gate that was open by the clock alone may be shut now; that did not heal.
  void WallClockStepped(const std::string& host);

  void CheckKernels(Now now);
  void CheckView(const sunder::v1::Fault& view, Now now);

  absl::Duration longest_partial(const std::string& id) {
    return faults_[id].longest_partial;
  }
  bool ever_dropped(const std::string& id) const;

 private:
  // One generation at one host.
  struct Gate {
    bool dropping = false;
    bool stopped = false;  // It dropped, and then no longer.
    AgentInstant allowed;  // The latest expiry that was sent, clipped.
    AgentInstant start, end;
  };
  struct OnHost {
    Node* node = nullptr;
    std::map<uint64_t, Gate> gates;  // By generation.
    // Whom every plan cut it from.
    std::set<std::string> stayers;
    bool dropping = false;  // From all of the stayers.
    bool stopped = false;
  };
  struct Tracked {
    std::map<std::string, OnHost> hosts;
    bool may_be_partial = false;
    bool healing = false;
    bool final = false;
    std::optional<Now> partial_since;
    absl::Duration longest_partial;
  };
  std::map<std::string, Tracked> faults_;
  Gate* Find(const std::string& id, const std::string& host,
             uint64_t generation);
  void CheckGates(const std::string& id, const std::string& name, OnHost& on,
                  bool final, Now now);
  void CheckStayers(const std::string& id, Tracked& fault, Now now);
  bool Blind(const std::string& host, Now now) const;
  absl::Duration PartialLimit(const Tracked& fault) const;

  const absl::Duration lease_, interval_;
  std::map<std::string, Now> blind_until_;
};

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_INVARIANTS_H_
