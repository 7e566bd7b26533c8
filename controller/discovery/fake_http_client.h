// For tests: an HTTP client whose answers a function gives. Thread-safe where
// the function is; records what was asked. And a stream to answer with.

#ifndef SUNDER_CONTROLLER_DISCOVERY_FAKE_HTTP_CLIENT_H_
#define SUNDER_CONTROLLER_DISCOVERY_FAKE_HTTP_CLIENT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controller/discovery/http_client.h"

namespace sunder::controller {

class FakeHttpClient : public HttpClient {
 public:
  struct Call {
    const HttpRequest& request;
    const HttpLimits& limits;
    const std::stop_token& stop;
    const HttpSink& sink;
  };
  using Handler = std::function<absl::StatusOr<HttpResponse>(const Call&)>;

  explicit FakeHttpClient(Handler handler) : handler_(std::move(handler)) {}

  absl::StatusOr<HttpResponse> Exchange(const HttpRequest& request,
                                        const HttpLimits& limits,
                                        const std::stop_token& stop,
                                        const HttpSink& sink) override {
    {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(request);
    }
    return handler_({request, limits, stop, sink});
  }

  std::vector<HttpRequest> requests() const {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  const Handler handler_;
  mutable absl::Mutex mutex_;
  std::vector<HttpRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

// An answer without an end: what a test says, as it says it. Thread-safe.
class FakeStream {
 public:
  void Say(const std::string& text) {
    absl::MutexLock lock(&mutex_);
    unsaid_ += text;
  }

  // Answers `call` until its client stops or has enough.
  absl::StatusOr<HttpResponse> Answer(const FakeHttpClient::Call& call) {
    while (!call.stop.stop_requested()) {
      std::string piece;
      {
        absl::MutexLock lock(&mutex_);
        const auto any = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
          return !unsaid_.empty();
        };
        mutex_.AwaitWithTimeout(absl::Condition(&any), absl::Milliseconds(20));
        piece = std::exchange(unsaid_, "");
      }
      if (!piece.empty() && !call.sink(piece).ok()) break;
    }
    return absl::CancelledError("stopped");
  }

 private:
  absl::Mutex mutex_;
  std::string unsaid_ ABSL_GUARDED_BY(mutex_);
};

inline std::string HeaderOf(const HttpRequest& request,
                            const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_FAKE_HTTP_CLIENT_H_
