#include "controller/fleet/agent_channel.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "common/clock.h"
#include "common/grpc_status.h"
#include "common/libraries.h"
#include "grpcpp/create_channel.h"

namespace sunder::controller {
namespace {

using AgentStub = agent::v1::Agent::StubInterface;

// An agent that ends every stream at once is not asked more often than this.
constexpr absl::Duration kBetweenStreams = absl::Seconds(1);
constexpr int kMaxMessage = 64 << 20;

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  // An agent that comes back must be found well within a lease.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A connection whose peer vanished is given up, not waited for.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
  // Hosts that share a target do not share its fate.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // An agent is called directly, never through a proxy of the environment.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  for (const auto& [name, value] : kTransportArguments) {
    arguments.SetInt(name, value);
  }
  arguments.SetMaxReceiveMessageSize(kMaxMessage);
  arguments.SetMaxSendMessageSize(kMaxMessage);
  return arguments;
}

gpr_timespec In(absl::Duration duration) {
  const int64_t ns = std::max<int64_t>(absl::ToInt64Nanoseconds(duration), 0);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(ns, GPR_TIMESPAN));
}

using OnDone =
    std::function<void(absl::StatusOr<Response>, BootInstant, BootInstant)>;

template <typename Message, typename Reply>
using Method = void (AgentStub::async_interface::*)(
    grpc::ClientContext*, const Message*, Reply*,
    std::function<void(grpc::Status)>);

// One call under way, owned by its callbacks.
template <typename Message, typename Reply>
struct Flight {
  grpc::ClientContext context;
  Message request;
  Reply response;
  BootInstant sent;
  InFlight::Key key = 0;
};

template <typename Message, typename Reply>
void Start(Method<Message, Reply> method, AgentStub& stub, InFlight& in_flight,
           const Message& request, BootInstant deadline, OnDone on_done) {
  auto flight = std::make_shared<Flight<Message, Reply>>();
  flight->request = request;
  flight->key = in_flight.Begin([flight] { flight->context.TryCancel(); });
  flight->context.set_deadline(In(deadline - BootNow()));
  flight->sent = BootNow();
  (stub.async()->*method)(&flight->context, &flight->request, &flight->response,
                          [flight, &in_flight, on_done = std::move(on_done)](
                              const grpc::Status& status) {
                            const BootInstant received = BootNow();
                            absl::StatusOr<Response> reply =
                                Response(std::move(flight->response));
                            if (!status.ok()) reply = FromGrpcStatus(status);
                            on_done(std::move(reply), flight->sent, received);
                            in_flight.End(flight->key);
                          });
}

// One overload for each kind of request: its method.
using Async = AgentStub::async_interface;
auto MethodOf(const agent::v1::DescribeRequest&)
    -> Method<agent::v1::DescribeRequest, agent::v1::DescribeResponse> {
  return &Async::Describe;
}
auto MethodOf(const agent::v1::StageRequest&)
    -> Method<agent::v1::StageRequest, agent::v1::StageResponse> {
  return &Async::Stage;
}
auto MethodOf(const agent::v1::ArmRequest&)
    -> Method<agent::v1::ArmRequest, agent::v1::ArmResponse> {
  return &Async::Arm;
}
auto MethodOf(const agent::v1::KeepAliveRequest&)
    -> Method<agent::v1::KeepAliveRequest, agent::v1::KeepAliveResponse> {
  return &Async::KeepAlive;
}
auto MethodOf(const agent::v1::HealRequest&)
    -> Method<agent::v1::HealRequest, agent::v1::HealResponse> {
  return &Async::Heal;
}

}  // namespace

std::shared_ptr<AgentChannel> AgentChannel::Connect(
    const std::string& target,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    InFlight& in_flight, Post post, Events events) {
  auto channel = grpc::CreateCustomChannel(target, credentials, Arguments());
  channel->GetState(/*try_to_connect=*/true);
  return std::shared_ptr<AgentChannel>(new AgentChannel(
      std::move(channel), in_flight, std::move(post), std::move(events)));
}

AgentChannel::AgentChannel(std::shared_ptr<grpc::Channel> channel,
                           InFlight& in_flight, Post post, Events events)
    : channel_(std::move(channel)),
      stub_(agent::v1::Agent::NewStub(channel_)),
      in_flight_(in_flight),
      post_(std::move(post)),
      events_(std::move(events)) {}

AgentChannel::~AgentChannel() {
  if (stream_) stream_->Cancel();
}

void AgentChannel::Send(const Request& request, BootInstant deadline,
                        OnReply on_reply) {
  OnDone on_done = [self = weak_from_this(), post = post_,
                    on_reply = std::move(on_reply)](
                       absl::StatusOr<Response> reply, BootInstant sent,
                       BootInstant received) {
    post([self, on_reply, reply = std::move(reply), sent, received] {
      on_reply(reply, sent, received);
      if (auto channel = self.lock(); channel && reply.ok()) {
        channel->Answered(received);
      }
    });
  };
  std::visit(
      [&](const auto& message) {
        Start(MethodOf(message), *stub_, in_flight_, message, deadline,
              std::move(on_done));
      },
      request);
}

void AgentChannel::Answered(BootInstant now) {
  if (stream_) return;
  if (stream_began_ && now - *stream_began_ < kBetweenStreams) return;
  stream_began_ = now;
  Watch();
}

void AgentChannel::Watch() {
  WatchStream::Events events;
  events.on_pending = [self = weak_from_this(),
                       post = post_](std::shared_ptr<WatchStream> stream) {
    post([self, stream = std::move(stream)] {
      for (const agent::v1::WatchResponse& report : stream->Take()) {
        if (auto channel = self.lock()) channel->events_.on_report(report);
      }
    });
  };
  events.on_ended = [self = weak_from_this(), post = post_](absl::Status why) {
    post([self, why = std::move(why)] {
      auto channel = self.lock();
      if (!channel) return;
      channel->stream_ = nullptr;
      channel->events_.on_watch_ended(why);
    });
  };
  stream_ = WatchStream::Begin(*stub_, in_flight_, std::move(events));
}

}  // namespace sunder::controller
