// Where gRPC puts a Stage request that it reads: into an arena, because there
// may be 100,000 flows, each of some small messages. Whoever handles the call
// takes a share of the arena, and so need not copy the request to keep it.

#ifndef SUNDER_AGENT_SERVICE_STAGE_MESSAGE_H_
#define SUNDER_AGENT_SERVICE_STAGE_MESSAGE_H_

#include <memory>

#include "google/protobuf/arena.h"
#include "grpcpp/support/message_allocator.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

// One call's messages. gRPC releases it when the call is over.
class StageMessage
    : public grpc::MessageHolder<v1::StageRequest, v1::StageResponse> {
 public:
  StageMessage() {
    set_request(
        google::protobuf::Arena::CreateMessage<v1::StageRequest>(arena_.get()));
    set_response(&response_);
  }
  void Release() override { delete this; }

  // The request, which lives as long as the pointer, beyond the call.
  std::shared_ptr<v1::StageRequest> Share() {
    return std::shared_ptr<v1::StageRequest>(arena_, request());
  }

 private:
  static google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.max_block_size = 64 << 10;  // 8 KiB by default: many, for so much.
    return options;
  }

  const std::shared_ptr<google::protobuf::Arena> arena_ =
      std::make_shared<google::protobuf::Arena>(Options());
  v1::StageResponse response_;
};

class StageMessages
    : public grpc::MessageAllocator<v1::StageRequest, v1::StageResponse> {
 public:
  grpc::MessageHolder<v1::StageRequest, v1::StageResponse>* AllocateMessages()
      override {
    return new StageMessage;
  }
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_STAGE_MESSAGE_H_
