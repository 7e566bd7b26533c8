// What must hold at every instant, checked against what the model kernels do.
// Owned by World.

#ifndef SUNDER_TESTS_SIMULATION_INVARIANTS_H_
#define SUNDER_TESTS_SIMULATION_INVARIANTS_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "controller/core/action.h"
#include "controller/core/options.h"
#include "sunder/agent/v1/agent.pb.h"
#include "sunder/v1/fault.pb.h"
#include "tests/simulation/node.h"

namespace sunder::simulation {

// What a measured time may be longer by than the true one, where messages take
// 2 ms at most: the kernels are looked at every 10 ms, and the two clocks that
// it hangs on are each known to half a round trip.
constexpr absl::Duration kTolerance = absl::Milliseconds(20);

class Invariants {
 public:
  // Of all hosts there are.
  using Nodes = std::vector<Node*>;
  // Is told of each violation, in words.
  using Report = std::function<void(const std::string&)>;

  // A whole fault becomes whole again, or is gone, within a lease: no expiry is
  // further ahead when it is sent, and none is sent after a host has stopped
  // before its own. But what was interfered with may stop just after it
  // acknowledged, and the next expiry goes out an interval later. What was
  // never whole has the first expiry, and the one of the first keep-alive at
  // most.
  Invariants(const controller::Options& options, Report report)
      : lease_(options.lease),
        never_whole_(options.first_expiry + options.interval),
        interval_(options.interval),
        max_uncertainty_(options.max_uncertainty),
        report_(std::move(report)) {}

  void SetNodes(Nodes nodes) { nodes_ = std::move(nodes); }

  // ---- What happens.

  void Declared(const std::string& id, const sunder::v1::Plan& plan,
                bool may_be_partial);
  // From now on it may drop what `plan` says; who is in both plans stays.
  void MembersMoved(const std::string& id, const sunder::v1::Plan& plan);
  // A call leaves a controller: it permits what it asks for.
  void Sent(const std::string& host, const controller::Call& call);
  // A message may take so long from now on. So much less well is a clock known.
  void MayTake(absl::Duration longest) {
    slowest_ = std::max(slowest_, longest);
  }
  // Something was done to the host that its controller cannot know at once, but
  // once the lease is over that the host acknowledged before.
  void Interfered(const std::string& host, Now now) {
    Interfered(host, now, lease_ + kTolerance);
  }
  // As above, but it learns of it within `blindness`.
  void Interfered(const std::string& host, Now now, absl::Duration blindness);
  // Its agent does nothing from now on. What was just done to the host, such as
  // a step of its clock, it may not have answered to: the lease does.
  void StandsStill(const std::string& host, Now now) {
    if (Blind(host, now)) Interfered(host, now);
  }
  // Somebody changed what the host holds. A controller that does not hear its
  // agent's word of that knows once the lease is over.
  void Drifted(const std::string& host, Now now) {
    Extend(blind_until_[host], now + lease_ + kTolerance);
  }
  // Its agent may say what it said before for `grace`, until it has read.
  void AgentMayLag(const std::string& host, Now now, absl::Duration grace) {
    Extend(agent_blind_until_[host], now + grace);
  }
  // Its agent stood still until now. What it was just about to arm begins when
  // it goes on, and ends with its first expiry; what it was about to open is
  // open again, whose gate shut by the clock meanwhile.
  void StoodStill(const std::string& host);
  // What the host dropped may pause without having healed: a gate that is open
  // by the clock alone, or a table that somebody removed.
  void MayPause(const std::string& host);
  // Its clock begins anew, and its kernel is empty.
  void Rebooted(const std::string& host);
  // The host slept for `d` until now. Its kernel's timeouts stood still.
  void Suspended(const std::string& host, Now now, absl::Duration d);

  // ---- What must be so.

  void CheckKernels(Now now);
  void CheckView(const sunder::v1::Fault& view, Now now);
  // The agent of `host` says this.
  void CheckSaid(const std::string& host, const agent::v1::Held& held, Now now);

  // ---- What was so.

  absl::Duration longest_partial(const std::string& id) {
    return faults_[id].longest_partial;
  }
  bool ever_dropped(const std::string& id) const;

 private:
  // One generation at one host.
  struct Gate {
    std::set<std::set<std::string>> sent;  // The sources that it may have.
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
    std::optional<Now> began;  // To drop.
    bool may_begin_late = false;
  };
  struct Tracked {
    std::map<std::string, OnHost> hosts;
    bool may_be_partial = false;
    bool healing = false;
    bool final = false;
    bool whole = false;  // All hosts dropped, at some instant.
    bool over = false;   // Final, and nothing dropped when it was looked at.
    std::optional<Now> partial_since;
    absl::Duration longest_partial;
  };

  static void Extend(Now& until, Now later) { until = std::max(until, later); }
  void Violated(const std::string& what) { report_(what); }
  Gate* Find(const std::string& id, const std::string& host,
             uint64_t generation);
  // No table is there that was not asked for, as it was asked for.
  void CheckTables(const Node& node, Now now);
  bool CheckGates(const std::string& id, const std::string& name, OnHost& on,
                  const Tracked& fault, Now now);  // True: something drops.
  void CheckStayers(const std::string& id, Tracked& fault, Now now);
  // Once it is whole: it began on all hosts at one instant.
  void CheckStart(const std::string& id, const Tracked& fault, Now now);
  void CheckStatus(const sunder::v1::Fault& view,
                   const sunder::v1::HostStatus& status, const OnHost& on);
  // Its controller, or its agent, may not know what became of the host.
  bool Blind(const std::string& host, Now now) const;
  bool AgentBlind(const std::string& host, Now now) const;
  absl::Duration PartialLimit(const Tracked& fault) const;

  const absl::Duration lease_, never_whole_, interval_, max_uncertainty_;
  const Report report_;
  Nodes nodes_;
  absl::Duration slowest_;
  std::map<std::string, Tracked> faults_;
  std::map<std::string, Now> blind_until_, agent_blind_until_;
  // Until then what a host that slept still drops may be said to be over.
  std::map<std::string, Now> outlasts_until_;
};

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_INVARIANTS_H_
