// What becomes of some faults, as events in one event loop. A broken stream is
// begun again, so a controller that restarts is no more than a gap. All methods
// and callbacks: the loop's thread, or before it runs.

#ifndef SUNDER_CLI_COMMANDS_FAULT_FEED_H_
#define SUNDER_CLI_COMMANDS_FAULT_FEED_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cli/client/client.h"
#include "common/event_loop.h"

namespace sunder::cli {

class FaultFeed {
 public:
  struct Callbacks {
    std::function<void(const v1::Fault&)> fault;
    // The stream broke and will be begun again.
    std::function<void(const std::string& id)> lost;
    // The controller has nothing to say about this fault.
    std::function<void(const std::string& id, const absl::Status&)> refused;
  };

  // Both outlive the feed. Nothing posted may run after the feed is destroyed.
  FaultFeed(EventLoop& loop, Client& client, Callbacks callbacks);

  // `hold`: the stream holds the fault.
  void Follow(const std::string& id, bool hold);
  void Forget(const std::string& id);
  // Begins broken streams again. To be called a few times a second.
  void Retry();

 private:
  struct Source {
    bool hold;
    std::unique_ptr<FaultStream> stream;  // Null: broken.
  };

  void Open(const std::string& id, Source& source);
  void Ended(const std::string& id, const absl::Status& status);

  EventLoop& loop_;
  Client& client_;
  const Callbacks callbacks_;
  std::map<std::string, Source> sources_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_FAULT_FEED_H_
