// One HTTP exchange: what is asked, within which bounds, and what came back.
// Redirects are not followed and nothing is tried twice; that is the caller's
// to decide. Implementations are thread-safe.

#ifndef SUNDER_CONTROLLER_DISCOVERY_HTTP_CLIENT_H_
#define SUNDER_CONTROLLER_DISCOVERY_HTTP_CLIENT_H_

#include <cstddef>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sunder::controller {

enum class HttpMethod { kGet, kPost, kDelete };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // Of a POST.
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
};

struct HttpLimits {
  absl::Duration connect = absl::Seconds(5);
  absl::Time deadline = absl::InfiniteFuture();  // For the whole exchange.
  // The longest silence of a body; whole seconds.
  absl::Duration silence = absl::InfiniteDuration();
  size_t max_body = size_t{64} << 20;  // Of a streamed body: not counted.
};

// Takes the next piece of a streamed body. A status that is not OK ends the
// exchange with that status.
using HttpSink = std::function<absl::Status(absl::string_view piece)>;

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Blocks until the whole answer is there, whatever its HTTP status. With
  // `sink` the body of a 200 goes there piece by piece in place of the answer's
  // body.
  //
  // UNAVAILABLE: no connection, so the request was never sent. ABORTED: the
  // connection broke later, the request may have been acted upon.
  // DEADLINE_EXCEEDED: the deadline or a silence that was too long; as ABORTED.
  // RESOURCE_EXHAUSTED: the body is larger than max_body. CANCELLED: `stop`.
  virtual absl::StatusOr<HttpResponse> Exchange(const HttpRequest& request,
                                                const HttpLimits& limits,
                                                const std::stop_token& stop,
                                                const HttpSink& sink) = 0;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_HTTP_CLIENT_H_
