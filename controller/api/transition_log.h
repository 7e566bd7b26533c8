// Writes a line for every change of a fault's state and of its hosts' states.
// Lives in the loop's thread.

#ifndef SUNDER_CONTROLLER_API_TRANSITION_LOG_H_
#define SUNDER_CONTROLLER_API_TRANSITION_LOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class TransitionLog {
 public:
  void Saw(const sunder::v1::Fault& fault);
  void Forget(const std::string& fault_id);

 private:
  struct Last {
    sunder::v1::FaultState state = sunder::v1::FAULT_STATE_UNSPECIFIED;
    // By host and generation; only those that are shown.
    std::map<std::pair<std::string, uint64_t>, sunder::v1::HostState> hosts;
  };
  std::map<std::string, Last> last_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_TRANSITION_LOG_H_
