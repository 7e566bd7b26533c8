// What the controller knows of one agent: who it is, its clock, what it holds;
// and the asking for it (Describe). Owned by Core, lent to faults. Pure.
//
// A link is settled once the agent, as it lives now, has said what it holds. A
// changed boot id or incarnation unsettles it: nothing but Describe and Heal is
// sent until it has answered again.

#ifndef SUNDER_CONTROLLER_CORE_AGENT_LINK_H_
#define SUNDER_CONTROLLER_CORE_AGENT_LINK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/instant.h"
#include "controller/core/clock_estimate.h"
#include "controller/core/options.h"
#include "controller/core/outbox.h"
#include "controller/core/wake.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::controller {

// An error where an agent called `name` answers for `host`: one started with
// the wrong --name, or addresses mixed up in the inventory. What one host is to
// drop would be dropped on another one.
absl::Status CheckName(const std::string& host, const std::string& name);

class AgentLink {
 public:
  AgentLink(const std::string& host, const Options& options)
      : host_(host), options_(options) {}

  const std::string& host() const { return host_; }
  const ClockEstimate& clock() const { return clock_; }
  bool settled() const { return settled_; }
  // Whether who answered last said that it is this host's agent.
  bool known() const { return known_; }
  void SetKnown(bool known) { known_ = known; }
  bool reachable() const { return reachable_; }
  const std::string& error() const { return error_; }
  const agent::v1::DescribeResponse& description() const { return described_; }

  // Says who calls, for a request that is void after `deadline`. Needs a clock
  // that is known.
  agent::v1::Caller CallerFor(uint64_t term, BootInstant deadline) const;

  // By when at the latest a lease that ends at `expiry` is over there. Needs a
  // clock that is known.
  BootInstant OverBy(BootInstant expiry) const {
    return expiry + clock_.Uncertainty(expiry) + options_.kernel_tolerance;
  }

  // A stamp that came outside a Describe. False, and unsettled: it is not from
  // the agent that described itself last.
  bool Saw(const agent::v1::Stamp& stamp);
  void AddExchange(const agent::v1::Stamp& stamp, BootInstant sent,
                   BootInstant received);

  // The answer to our Describe of the agent that has the host's name. True:
  // another life of it than before.
  bool Described(const agent::v1::DescribeResponse& response, BootInstant sent,
                 BootInstant received);

  // Our Describe brought no answer.
  void DescribeFailed(const absl::Status& why, BootInstant now);
  // It was answered by somebody else: `why`, from CheckName.
  void DescribedByAnother(const absl::Status& why, BootInstant now);
  // Something else says that it cannot be reached, or is not who it was: ask.
  void Doubt(const std::string& why, BootInstant now);

  // Have it described at `t` at the latest.
  void DescribeBy(BootInstant t);

  // Whether a living fault needs the agent: then it is asked more often where
  // it does not answer.
  bool needed() const { return needed_; }
  void SetNeeded(bool needed) { needed_ = needed; }

  // Sends Describe if one is due.
  void Step(uint64_t term, BootInstant now, Outbox& out);
  const Wake& wake() const { return wake_; }

 private:
  bool SameLife(const agent::v1::Stamp& stamp) const;

  const std::string host_;
  const Options& options_;
  ClockEstimate clock_;
  agent::v1::DescribeResponse described_;
  bool needed_ = false;
  bool settled_ = false;
  bool known_ = false;
  bool reachable_ = false;
  std::string error_ = "not heard yet";
  CallId pending_ = 0;
  int failures_ = 0;
  BootInstant failed_at_;
  BootInstant describe_by_;  // The first one is due at once.
  Wake wake_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_AGENT_LINK_H_
