// One Watch stream to one agent. Reads as fast as the agent writes and keeps
// the latest report of each generation of a fault until Take: whoever is slow
// to take loses no state and no memory. Owned by itself until gRPC is done with
// it. Runs in gRPC's threads; Take and Cancel may be called from any.

#ifndef SUNDER_CONTROLLER_FLEET_WATCH_STREAM_H_
#define SUNDER_CONTROLLER_FLEET_WATCH_STREAM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "controller/fleet/in_flight.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "sunder/agent/v1/agent.grpc.pb.h"

namespace sunder::controller {

class WatchStream : public grpc::ClientReadReactor<agent::v1::WatchResponse> {
 public:
  // More faults than any agent holds; an agent that reports more is not
  // believed.
  static constexpr size_t kMaxPending = 4096;

  struct Events {
    // Reports wait to be taken, where none did before.
    std::function<void(std::shared_ptr<WatchStream>)> on_pending;
    std::function<void(const absl::Status& why)> on_ended;  // Last.
  };

  static std::shared_ptr<WatchStream> Begin(
      agent::v1::Agent::StubInterface& stub, InFlight& in_flight,
      Events events);

  std::vector<agent::v1::WatchResponse> Take();
  void Cancel();

 private:
  WatchStream(InFlight& in_flight, Events events);
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  InFlight& in_flight_;
  const Events events_;
  InFlight::Key key_ = 0;
  std::shared_ptr<WatchStream> self_;  // Until OnDone.
  grpc::ClientContext context_;
  const agent::v1::WatchRequest request_;
  agent::v1::WatchResponse message_;
  absl::Mutex mutex_;
  bool overrun_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::pair<std::string, uint64_t>, agent::v1::WatchResponse> pending_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_FLEET_WATCH_STREAM_H_
