// The agents, all at once: carries out the core's calls over gRPC without a
// blocking thread, and keeps a Watch stream to every agent that answers. One
// channel an agent, connected from the start and kept warm by the core's clock
// exchanges, so that a fault begins without a handshake.
//
// Lives in the thread of the loop: made, called and destroyed there (or while
// the loop does not run); the listener is called there. gRPC's own threads only
// stamp the instants and post.

#ifndef SUNDER_CONTROLLER_FLEET_FLEET_H_
#define SUNDER_CONTROLLER_FLEET_FLEET_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event_loop.h"
#include "common/tls.h"
#include "controller/core/action.h"
#include "controller/fleet/agent_channel.h"
#include "controller/fleet/in_flight.h"

namespace sunder::controller {

// The core's events about agents.
class FleetListener {
 public:
  virtual ~FleetListener() = default;
  virtual void OnReply(CallId id, const absl::StatusOr<Response>& reply,
                       BootInstant sent, BootInstant received) = 0;
  virtual void OnReport(const std::string& host,
                        const agent::v1::WatchResponse& report) = 0;
  // The Watch stream ended. A new one begins after the next answered call.
  virtual void OnUnreachable(const std::string& host,
                             const absl::Status& why) = 0;
};

class Fleet {
 public:
  Fleet(EventLoop& loop, FleetListener& listener, TlsFiles tls);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  // Cancels what is under way; the listener hears no more.
  ~Fleet();

  // The gRPC target of each host's agent, in place of those set before. Calls
  // under way to hosts that are gone still end as they will.
  void SetTargets(const std::map<std::string, std::string>& targets);

  // Answered once through OnReply, after this returned.
  void Send(const Call& call);

  // A call beside the core's, in the loop as well: `on_reply` is called once.
  void Send(const std::string& host, const Request& request,
            BootInstant deadline, AgentChannel::OnReply on_reply);

 private:
  struct Agent {
    std::string target;
    absl::StatusOr<std::shared_ptr<AgentChannel>> channel;
  };

  // Has `event` run in the loop unless this is gone by then.
  void Post(EventLoop::Task event);
  absl::StatusOr<std::shared_ptr<AgentChannel>> Connect(
      const std::string& host, const std::string& target);

  EventLoop& loop_;
  FleetListener& listener_;
  const TlsFiles tls_;
  InFlight in_flight_;
  std::shared_ptr<bool> alive_;  // Posted events hold it weakly.
  std::map<std::string, Agent> agents_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_FLEET_FLEET_H_
