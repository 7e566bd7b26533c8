// sunder.agent.v1.Agent over gRPC. Its methods run on gRPC's threads and only
// post to the agent's loop, where the core lives; a call's reactor is finished
// from there.

#ifndef SUNDER_AGENT_SERVICE_AGENT_SERVICE_H_
#define SUNDER_AGENT_SERVICE_AGENT_SERVICE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/service/driver.h"
#include "agent/service/stage_message.h"
#include "agent/service/stop_latch.h"
#include "agent/service/watcher.h"
#include "common/event_loop.h"
#include "grpcpp/grpcpp.h"
#include "sunder/agent/v1/agent.grpc.pb.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class AgentService : public v1::Agent::CallbackService {
 public:
  struct About {
    std::string name;
    std::string version;
    std::string listen;
    std::vector<v1::Feature> features;
  };

  // All outlive this.
  AgentService(About about, Driver* driver, const StopLatch* latch,
               EventLoop* loop);

  // On the loop: ends every stream and refuses new ones.
  void Close();

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest* request,
                                     v1::DescribeResponse* response) override;
  grpc::ServerUnaryReactor* Stage(grpc::CallbackServerContext* context,
                                  const v1::StageRequest* request,
                                  v1::StageResponse* response) override;
  grpc::ServerUnaryReactor* Arm(grpc::CallbackServerContext* context,
                                const v1::ArmRequest* request,
                                v1::ArmResponse* response) override;
  grpc::ServerUnaryReactor* KeepAlive(grpc::CallbackServerContext* context,
                                      const v1::KeepAliveRequest* request,
                                      v1::KeepAliveResponse* response) override;
  grpc::ServerUnaryReactor* Heal(grpc::CallbackServerContext* context,
                                 const v1::HealRequest* request,
                                 v1::HealResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(
      grpc::CallbackServerContext* context,
      const v1::WatchRequest* request) override;

 private:
  v1::Stamp Stamp() const;
  grpc::Status WithStamp(absl::Status status) const;
  template <typename Response>
  Driver::OnReply Finisher(grpc::ServerUnaryReactor* reactor,
                           Response* response);
  void ValidateOnly(std::shared_ptr<const v1::StageRequest> request,
                    grpc::ServerUnaryReactor* reactor,
                    v1::StageResponse* response);

  StageMessages stage_messages_;
  const About about_;
  Driver* const driver_;
  const StopLatch* const latch_;
  EventLoop* const loop_;
  std::set<std::shared_ptr<Watcher>> watchers_;  // On the loop.
  bool closed_ = false;                          // On the loop.
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_AGENT_SERVICE_H_
