#include "agent/service/watcher.h"

#include <memory>
#include <utility>

namespace sunder::agent {

std::shared_ptr<Watcher> Watcher::Make(
    std::function<void(std::shared_ptr<Watcher>)> on_done) {
  auto watcher = std::make_shared<Watcher>();
  watcher->self_ = watcher;
  watcher->on_done_ = std::move(on_done);
  return watcher;
}

void Watcher::Push(const v1::WatchResponse& response) {
  absl::MutexLock lock(&mutex_);
  if (finished_) return;
  if (queue_.size() >= kMostQueuedResponses) {
    return FinishOnce(grpc::Status(
        grpc::StatusCode::RESOURCE_EXHAUSTED,
        "the watcher reads too slowly; watch again to get all anew"));
  }
  queue_.push_back(response);
  if (queue_.size() == 1) StartWrite(&queue_.front());
}

void Watcher::Close(const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  FinishOnce(status);
}

void Watcher::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  queue_.pop_front();
  if (finished_) return;
  if (!ok) return FinishOnce(grpc::Status::CANCELLED);
  if (!queue_.empty()) StartWrite(&queue_.front());
}

void Watcher::OnCancel() {
  absl::MutexLock lock(&mutex_);
  FinishOnce(grpc::Status::CANCELLED);
}

void Watcher::OnDone() { on_done_(std::exchange(self_, nullptr)); }

void Watcher::FinishOnce(const grpc::Status& status) {
  if (finished_) return;
  finished_ = true;
  Finish(status);
}

}  // namespace sunder::agent
