#include "controller/api/workers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"

namespace sunder::controller {

Workers::Workers(std::string what, int threads, size_t max_queued)
    : what_(std::move(what)), max_queued_(max_queued) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Workers::~Workers() { Stop(); }

absl::Status Workers::Submit(Task task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) {
    return ErrorWithDetail(absl::StatusCode::kUnavailable,
                           "the controller is stopping", "STOPPING", what_,
                           "Nothing was begun. Try again when it runs again.");
  }
  if (queue_.size() >= max_queued_) {
    return ErrorWithDetail(
        absl::StatusCode::kResourceExhausted,
        absl::StrCat(queue_.size(), " ", what_, " already wait for their turn"),
        "TOO_MANY", what_, "Try again in a few seconds.");
  }
  queue_.push_back(std::move(task));
  return absl::OkStatus();
}

void Workers::Stop() {
  stop_.request_stop();
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

void Workers::Run() {
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&awake));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task(stop_.get_token());
  }
}

}  // namespace sunder::controller
