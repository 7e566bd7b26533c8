// Who watches which fault. Lives in the loop's thread.

#ifndef SUNDER_CONTROLLER_API_WATCH_HUB_H_
#define SUNDER_CONTROLLER_API_WATCH_HUB_H_

#include <map>
#include <memory>
#include <set>
#include <string>

#include "controller/api/watch_reactor.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class WatchHub {
 public:
  void Add(const std::string& fault_id, std::shared_ptr<WatchReactor> watcher);
  void Remove(const std::string& fault_id,
              const std::shared_ptr<WatchReactor>& watcher);

  // Tells all who watch it.
  void Publish(const sunder::v1::Fault& fault);

  static WatchReactor::Message MessageOf(const sunder::v1::Fault& fault);

 private:
  std::map<std::string, std::set<std::shared_ptr<WatchReactor>>> watchers_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_WATCH_HUB_H_
