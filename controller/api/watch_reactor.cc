#include "controller/api/watch_reactor.h"

#include <utility>

#include "common/grpc_status.h"

namespace sunder::controller {

std::shared_ptr<WatchReactor> WatchReactor::Create(
    std::function<void()> on_done) {
  std::shared_ptr<WatchReactor> reactor(new WatchReactor(std::move(on_done)));
  reactor->self_ = reactor;
  return reactor;
}

WatchReactor::WatchReactor(std::function<void()> on_done)
    : on_done_(std::move(on_done)) {}

void WatchReactor::Offer(Message message, bool is_last) {
  absl::MutexLock lock(&mutex_);
  if (last_came_) return;
  waiting_ = std::move(message);
  last_came_ = is_last;
  Next();
}

void WatchReactor::Fail(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  End(status);
}

void WatchReactor::Next() {
  if (writing_ || ended_) return;
  if (waiting_) {
    writing_ = std::exchange(waiting_, nullptr);
    StartWrite(writing_.get());
  } else if (last_came_) {
    End(absl::OkStatus());
  }
}

void WatchReactor::End(const absl::Status& status) {
  if (ended_) return;
  ended_ = true;
  Finish(ToGrpcStatus(status));
}

void WatchReactor::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = nullptr;
  if (!ok || cancelled_) return End(absl::CancelledError("the client is gone"));
  Next();
}

void WatchReactor::OnCancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  // A write that is under way ends the stream, whether it fails or was done
  // before the call was cancelled.
  if (!writing_) End(absl::CancelledError("the client is gone"));
}

void WatchReactor::OnDone() {
  const std::shared_ptr<WatchReactor> self = std::move(self_);
  // What it captured may hold this reactor.
  std::exchange(on_done_, nullptr)();
}

}  // namespace sunder::controller
