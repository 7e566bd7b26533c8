#include "controller/api/watch_hub.h"

#include <utility>

#include "controller/core/core.h"

namespace sunder::controller {

void WatchHub::Add(const std::string& fault_id,
                   std::shared_ptr<WatchReactor> watcher) {
  watchers_[fault_id].insert(std::move(watcher));
}

void WatchHub::Remove(const std::string& fault_id,
                      const std::shared_ptr<WatchReactor>& watcher) {
  auto it = watchers_.find(fault_id);
  if (it == watchers_.end()) return;
  it->second.erase(watcher);
  if (it->second.empty()) watchers_.erase(it);
}

WatchReactor::Message WatchHub::MessageOf(const sunder::v1::Fault& fault) {
  auto message = std::make_shared<v1::WatchFaultResponse>();
  *message->mutable_fault() = fault;
  return message;
}

void WatchHub::Publish(const sunder::v1::Fault& fault) {
  auto it = watchers_.find(fault.id());
  if (it == watchers_.end()) return;
  const WatchReactor::Message message = MessageOf(fault);
  for (const auto& watcher : it->second) {
    watcher->Offer(message, IsFinal(fault.state()));
  }
}

}  // namespace sunder::controller
