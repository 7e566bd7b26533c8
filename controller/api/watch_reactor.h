// One WatchFault stream to a client. Whatever is offered while a message is
// being written replaces what waits: a slow client misses states in between,
// never the last one, and costs one message of memory. Owned by the hub and by
// itself until gRPC is done with it. Thread-safe.

#ifndef SUNDER_CONTROLLER_API_WATCH_REACTOR_H_
#define SUNDER_CONTROLLER_API_WATCH_REACTOR_H_

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/support/server_callback.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::controller {

class WatchReactor : public grpc::ServerWriteReactor<v1::WatchFaultResponse> {
 public:
  using Message = std::shared_ptr<const v1::WatchFaultResponse>;

  // `on_done` is called once, in a thread of gRPC's.
  static std::shared_ptr<WatchReactor> Create(std::function<void()> on_done);

  // `is_last`: the stream ends well behind this message.
  void Offer(Message message, bool is_last);
  void Fail(const absl::Status& status);

 private:
  explicit WatchReactor(std::function<void()> on_done);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::function<void()> on_done_;
  std::shared_ptr<WatchReactor> self_;  // Until OnDone.
  absl::Mutex mutex_;
  Message writing_ ABSL_GUARDED_BY(mutex_);  // nullptr: nothing is.
  Message waiting_ ABSL_GUARDED_BY(mutex_);
  bool last_came_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_WATCH_REACTOR_H_
