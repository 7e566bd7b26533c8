// The calls of Marathon that we use, against a Marathon that has several base
// URLs. The one that answered last is asked first, the others in turn.
// Thread-safe.

#ifndef SUNDER_CONTROLLER_DISCOVERY_MARATHON_CLIENT_H_
#define SUNDER_CONTROLLER_DISCOVERY_MARATHON_CLIENT_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/discovery/credentials.h"
#include "controller/discovery/http_client.h"
#include "controller/discovery/marathon_answers.h"
#include "controller/discovery/marathon_json.h"
#include "controller/discovery/sse_parser.h"

namespace sunder::controller {

// How long a call may take, and who may end it.
struct CallLimits {
  absl::Time deadline;
  std::stop_token stop;
};

struct TaskDeletion {
  std::vector<std::string> task_ids;
  bool scale = false;
  bool force = false;
  bool wipe = false;
};

class MarathonClient {
 public:
  static absl::StatusOr<std::unique_ptr<MarathonClient>> Create(
      const std::vector<std::string>& base_urls, Credentials credentials,
      std::shared_ptr<HttpClient> http);

  const std::vector<std::string>& base_urls() const { return base_urls_; }

  // Errors name the URL and what it said. NOT_FOUND, UNAUTHENTICATED and
  // PERMISSION_DENIED are Marathon's own; the rest means that no base URL gave
  // a sound answer (DATA_LOSS: the last one could not be read).
  absl::StatusOr<MarathonContent> ListApps(const CallLimits& limits);
  absl::StatusOr<MarathonContent> GetApp(const std::string& id,
                                         const CallLimits& limits);

  // POST /v2/tasks/delete. Only where a URL surely did not take the request is
  // the next one asked. FAILED_PRECONDITION: 409, with the deployments in the
  // message. UNKNOWN: it may have been taken, the answer was lost or not
  // understood. Any other error: it was not taken.
  absl::StatusOr<KillAnswer> DeleteTasks(const TaskDeletion& deletion,
                                         const CallLimits& limits);

  // Reads the event stream until it breaks or `stop`; never OK. `on_open` is
  // called when Marathon accepts.
  absl::Status ReadEvents(const std::stop_token& stop,
                          const std::function<void()>& on_open,
                          const std::function<void(const SseEvent&)>& on_event);

 private:
  // One try at one base URL. `next` stays true where another URL may be asked.
  using Try = std::function<absl::Status(const std::string& base,
                                         const HttpLimits& limits, bool& next)>;

  MarathonClient(std::vector<std::string> base_urls, Credentials credentials,
                 std::shared_ptr<HttpClient> http);
  absl::Status InTurn(const CallLimits& limits, const Try& attempt);
  absl::StatusOr<std::string> Get(const std::string& url,
                                  const HttpLimits& limits,
                                  const std::stop_token& stop, bool& next);
  absl::StatusOr<HttpResponse> GetFollowing(HttpRequest request,
                                            const HttpLimits& limits,
                                            const std::stop_token& stop,
                                            const HttpSink& sink);
  HttpRequest NewRequest(HttpMethod method, const std::string& url,
                         const char* accept) const;

  const std::vector<std::string> base_urls_;
  const Credentials credentials_;
  const std::shared_ptr<HttpClient> http_;
  // Indexes of base_urls_: only hints, so races between calls do no harm.
  std::atomic<size_t> preferred_ = 0;
  std::atomic<size_t> events_url_ = 0;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_MARATHON_CLIENT_H_
