#include "controller/fleet/fleet.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/error_detail.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace sunder::controller {
namespace {

// gRPC 1.51 frees its shared callback queue twice when the last channel that
// uses it goes in one of the queue's own threads. A server that answers nothing
// keeps the queue for the process's life.
void KeepCallbackQueue() {
  static grpc::CallbackGenericService service;
  static const grpc::Server* const kKeeper = [] {
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(&service);
    return builder.BuildAndStart().release();
  }();
  static_cast<void>(kKeeper);
}

}  // namespace

Fleet::Fleet(EventLoop& loop, FleetListener& listener, TlsFiles tls)
    : loop_(loop),
      listener_(listener),
      tls_(std::move(tls)),
      alive_(std::make_shared<bool>(true)) {
  KeepCallbackQueue();
}

Fleet::~Fleet() {
  agents_.clear();
  in_flight_.CancelAndWait();
}

void Fleet::Post(EventLoop::Task event) {
  loop_.Post([alive = std::weak_ptr<bool>(alive_),
              event = std::move(event)]() mutable {
    if (!alive.expired()) event();
  });
}

void Fleet::SetTargets(const std::map<std::string, std::string>& targets) {
  std::map<std::string, Agent> agents;
  for (const auto& [host, target] : targets) {
    auto known = agents_.find(host);
    if (known != agents_.end() && known->second.target == target) {
      agents.insert(agents_.extract(known));
    } else {
      agents.emplace(host, Agent{target, Connect(host, target)});
    }
  }
  agents_ = std::move(agents);
}

absl::StatusOr<std::shared_ptr<AgentChannel>> Fleet::Connect(
    const std::string& host, const std::string& target) {
  auto credentials = ChannelCredentialsFor(target, tls_);
  if (!credentials.ok()) return credentials.status();
  AgentChannel::Events events;
  events.on_report = [this, host](const agent::v1::WatchResponse& report) {
    listener_.OnReport(host, report);
  };
  events.on_watch_ended = [this, host](const absl::Status& why) {
    listener_.OnUnreachable(host, why);
  };
  return AgentChannel::Connect(
      target, *credentials, in_flight_,
      [this](EventLoop::Task event) { Post(std::move(event)); },
      std::move(events));
}

void Fleet::Send(const Call& call) {
  Send(call.host, call.request, call.deadline,
       [this, id = call.id](const absl::StatusOr<Response>& reply,
                            BootInstant sent, BootInstant received) {
         listener_.OnReply(id, reply, sent, received);
       });
}

void Fleet::Send(const std::string& host, const Request& request,
                 BootInstant deadline, AgentChannel::OnReply on_reply) {
  absl::StatusOr<std::shared_ptr<AgentChannel>> channel = ErrorWithDetail(
      absl::StatusCode::kUnavailable,
      absl::StrCat("no agent is known for host ", host), "NO_AGENT", host,
      "Add the host with its agent to the inventory.");
  if (auto it = agents_.find(host); it != agents_.end()) {
    channel = it->second.channel;
  }
  // gRPC may still carry out a call whose deadline has passed.
  if (channel.ok() && deadline <= BootNow()) {
    channel = absl::DeadlineExceededError(
        absl::StrCat("no time was left to call the agent of ", host));
  }
  if (channel.ok()) {
    (*channel)->Send(request, deadline, std::move(on_reply));
    return;
  }
  Post([on_reply = std::move(on_reply), error = channel.status()] {
    const BootInstant now = BootNow();
    on_reply(error, now, now);
  });
}

}  // namespace sunder::controller
