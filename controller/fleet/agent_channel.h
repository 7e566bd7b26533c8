// The way to one agent: a channel, the calls on it, and its Watch stream, which
// begins with the first answered call and, when it broke, again with a later
// one: so the core's own retries pace it. Made, called and destroyed in the
// loop's thread, where its functions are called too.

#ifndef SUNDER_CONTROLLER_FLEET_AGENT_CHANNEL_H_
#define SUNDER_CONTROLLER_FLEET_AGENT_CHANNEL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/event_loop.h"
#include "common/instant.h"
#include "controller/core/action.h"
#include "controller/fleet/in_flight.h"
#include "controller/fleet/watch_stream.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "sunder/agent/v1/agent.grpc.pb.h"

namespace sunder::controller {

class AgentChannel : public std::enable_shared_from_this<AgentChannel> {
 public:
  using Post = std::function<void(EventLoop::Task)>;  // Into the loop.
  using OnReply = std::function<void(const absl::StatusOr<Response>& reply,
                                     BootInstant sent, BootInstant received)>;
  struct Events {
    std::function<void(const agent::v1::WatchResponse&)> on_report;
    std::function<void(const absl::Status& why)> on_watch_ended;
  };

  // `in_flight` and `post` outlive every call and stream.
  static std::shared_ptr<AgentChannel> Connect(
      const std::string& target,
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      InFlight& in_flight, Post post, Events events);
  ~AgentChannel();  // Ends the stream. Calls under way still end as they will.

  // Calls `on_reply` once, also when this is gone by then.
  void Send(const Request& request, BootInstant deadline, OnReply on_reply);

 private:
  AgentChannel(std::shared_ptr<grpc::Channel> channel, InFlight& in_flight,
               Post post, Events events);
  void Answered(BootInstant now);
  void Watch();

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<agent::v1::Agent::StubInterface> stub_;
  InFlight& in_flight_;
  const Post post_;
  const Events events_;
  std::shared_ptr<WatchStream> stream_;  // nullptr: none, or it ended.
  std::optional<BootInstant> stream_began_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_FLEET_AGENT_CHANNEL_H_
