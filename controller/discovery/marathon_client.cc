#include "controller/discovery/marathon_client.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "controller/discovery/json_fields.h"
#include "controller/discovery/url.h"

namespace sunder::controller {
namespace {

constexpr int kMaxRedirects = 3;
constexpr absl::string_view kEventsPath = "/v2/events";
constexpr char kJson[] = "application/json";
constexpr char kAuthorization[] = "Authorization";
// Marathon's heartbeat comes every 10 s.
constexpr absl::Duration kMaxSilence = absl::Seconds(35);

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

// A standby of Marathon 1.7 and later sends those who want events to the leader
// by a 302 to the same path. To no other place do our credentials go.
bool IsMarathonsOwn(int status, const Url& from, const Url& to) {
  return status == 302 && absl::EndsWith(from.path, kEventsPath) &&
         absl::EndsWith(to.path, kEventsPath) &&
         !(from.scheme == "https" && to.scheme == "http");
}

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 400:
    case 422:
      return absl::StatusCode::kInvalidArgument;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

absl::Status Refused(const HttpResponse& response) {
  const MarathonError error = ParseError(response.body);
  std::string text = absl::StrCat("HTTP ", response.status, ": ", error.text);
  if (!error.deployments.empty()) {
    absl::StrAppend(&text, " (deployments ",
                    absl::StrJoin(error.deployments, ", "), ")");
  }
  const auto location = response.headers.find("location");
  if (IsRedirect(response.status) && location != response.headers.end()) {
    absl::StrAppend(&text, " (it redirects to ", Excerpt(location->second),
                    ")");
  }
  // A 404 that is not Marathon's own tells nothing about an app.
  const absl::StatusCode code = response.status == 404 && !error.is_json
                                    ? absl::StatusCode::kUnavailable
                                    : CodeOf(response.status);
  return absl::Status(code, text);
}

// False for what Marathon itself decided, which another URL would only repeat.
bool WorthAnotherUrl(const absl::Status& status) {
  return !absl::IsInvalidArgument(status) && !absl::IsUnauthenticated(status) &&
         !absl::IsPermissionDenied(status) && !absl::IsNotFound(status) &&
         !absl::IsFailedPrecondition(status) && !absl::IsCancelled(status);
}

std::string DeletionBody(const TaskDeletion& deletion) {
  const nlohmann::json body = {{"ids", deletion.task_ids}};
  // Ids come from outside: a broken byte must not throw here.
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// What cannot be read is the server's fault, not our caller's.
absl::Status AnswerStatus(const absl::Status& parsed) {
  return parsed.ok() ? parsed : absl::DataLossError(parsed.message());
}

const char* Flag(bool value) { return value ? "true" : "false"; }

}  // namespace

absl::StatusOr<std::unique_ptr<MarathonClient>> MarathonClient::Create(
    const std::vector<std::string>& base_urls, Credentials credentials,
    std::shared_ptr<HttpClient> http) {
  if (base_urls.empty()) {
    return absl::InvalidArgumentError("Marathon needs at least one URL");
  }
  std::vector<std::string> checked;
  for (const std::string& base : base_urls) {
    absl::StatusOr<std::string> url = CheckBaseUrl(base);
    if (!url.ok()) return url.status();
    checked.push_back(*std::move(url));
  }
  return std::unique_ptr<MarathonClient>(new MarathonClient(
      std::move(checked), std::move(credentials), std::move(http)));
}

MarathonClient::MarathonClient(std::vector<std::string> base_urls,
                               Credentials credentials,
                               std::shared_ptr<HttpClient> http)
    : base_urls_(std::move(base_urls)),
      credentials_(std::move(credentials)),
      http_(std::move(http)) {}

HttpRequest MarathonClient::NewRequest(HttpMethod method,
                                       const std::string& url,
                                       const char* accept) const {
  HttpRequest request{method, url, {{"Accept", accept}}, ""};
  if (!credentials_.empty()) {
    request.headers.emplace_back(kAuthorization, credentials_.Header());
  }
  return request;
}

absl::Status MarathonClient::InTurn(const CallLimits& limits,
                                    const Try& attempt) {
  const size_t count = base_urls_.size();
  const size_t first = preferred_.load();
  std::vector<std::string> errors;
  absl::Status last;
  for (size_t i = 0; i < count; ++i) {
    const size_t index = (first + i) % count;
    HttpLimits http_limits;
    // A slow one must leave time for the others.
    const absl::Time now = absl::Now();
    http_limits.deadline =
        now + (limits.deadline - now) / static_cast<int64_t>(count - i);
    bool next = true;
    last = attempt(base_urls_[index], http_limits, next);
    if (last.ok()) {
      preferred_.store(index);
      return last;
    }
    errors.push_back(absl::StrCat(base_urls_[index], ": ", last.message()));
    if (!next || limits.stop.stop_requested()) break;
  }
  return absl::Status(last.code(), absl::StrJoin(errors, "; "));
}

absl::StatusOr<HttpResponse> MarathonClient::GetFollowing(
    HttpRequest request, const HttpLimits& limits, const std::stop_token& stop,
    const HttpSink& sink) {
  for (int i = 0; i <= kMaxRedirects; ++i) {
    absl::StatusOr<HttpResponse> response =
        http_->Exchange(request, limits, stop, sink);
    if (!response.ok() || !IsRedirect(response->status)) return response;
    const absl::StatusOr<Url> from = ParseUrl(request.url);
    if (!from.ok()) return from.status();
    const absl::StatusOr<Url> to =
        ResolveLocation(*from, response->headers["location"]);
    if (!to.ok()) {
      return absl::UnavailableError(
          absl::StrCat("a redirect to nowhere: ", to.status().message()));
    }
    if (!IsMarathonsOwn(response->status, *from, *to)) {
      std::erase_if(request.headers, [](const auto& header) {
        return header.first == kAuthorization;
      });
    }
    request.url = to->text;
  }
  return absl::UnavailableError(
      absl::StrCat("redirected more than ", kMaxRedirects, " times"));
}

absl::StatusOr<std::string> MarathonClient::Get(const std::string& url,
                                                const HttpLimits& limits,
                                                const std::stop_token& stop,
                                                bool& next) {
  absl::StatusOr<HttpResponse> response = GetFollowing(
      NewRequest(HttpMethod::kGet, url, kJson), limits, stop, nullptr);
  if (!response.ok()) return response.status();
  if (response->status == 200) return std::move(response->body);
  absl::Status refused = Refused(*response);
  next = WorthAnotherUrl(refused);
  return refused;
}

absl::StatusOr<MarathonContent> MarathonClient::ListApps(
    const CallLimits& limits) {
  absl::StatusOr<MarathonContent> content;
  absl::Status status =
      InTurn(limits,
             [&](const std::string& base, const HttpLimits& http_limits,
                 bool& next) -> absl::Status {
               const absl::StatusOr<std::string> body =
                   Get(absl::StrCat(base, "/v2/apps?embed=apps.tasks"),
                       http_limits, limits.stop, next);
               if (!body.ok()) return body.status();
               content = ParseApps(*body);
               return AnswerStatus(content.status());
             });
  if (!status.ok()) return status;
  return content;
}

absl::StatusOr<MarathonContent> MarathonClient::GetApp(
    const std::string& id, const CallLimits& limits) {
  absl::StatusOr<MarathonContent> content;
  const std::string path = absl::StrCat(
      "/v2/apps/", EscapePath(absl::StripPrefix(id, "/")), "?embed=app.tasks");
  absl::Status status =
      InTurn(limits,
             [&](const std::string& base, const HttpLimits& http_limits,
                 bool& next) -> absl::Status {
               const absl::StatusOr<std::string> body = Get(
                   absl::StrCat(base, path), http_limits, limits.stop, next);
               if (!body.ok()) return body.status();
               content = ParseApp(*body);
               return AnswerStatus(content.status());
             });
  if (!status.ok()) return status;
  return content;
}

absl::StatusOr<KillAnswer> MarathonClient::DeleteTasks(
    const TaskDeletion& deletion, const CallLimits& limits) {
  const std::string path = absl::StrCat(
      "/v2/tasks/delete?scale=", Flag(deletion.scale),
      "&force=", Flag(deletion.force), "&wipe=", Flag(deletion.wipe));
  KillAnswer answer;
  absl::Status status = InTurn(
      limits,
      [&](const std::string& base, const HttpLimits& http_limits,
          bool& next) -> absl::Status {
        HttpRequest request =
            NewRequest(HttpMethod::kPost, absl::StrCat(base, path), kJson);
        request.headers.emplace_back("Content-Type", kJson);
        request.body = DeletionBody(deletion);
        const absl::StatusOr<HttpResponse> response =
            http_->Exchange(request, http_limits, limits.stop, nullptr);
        if (!response.ok()) {
          next = absl::IsUnavailable(response.status());
          if (next || absl::IsInvalidArgument(response.status())) {
            return response.status();
          }
          return absl::UnknownError(response.status().message());
        }
        // 503: no leader, or overloaded before anything was done.
        next = response->status == 503;
        if (response->status != 200) {
          const absl::Status refused = Refused(*response);
          return response->status >= 500 && !next
                     ? absl::UnknownError(refused.message())
                     : refused;
        }
        absl::StatusOr<KillAnswer> parsed = ParseKillAnswer(response->body);
        if (!parsed.ok()) return absl::UnknownError(parsed.status().message());
        answer = *std::move(parsed);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return answer;
}

absl::Status MarathonClient::ReadEvents(
    const std::stop_token& stop, const std::function<void()>& on_open,
    const std::function<void(const SseEvent&)>& on_event) {
  const size_t index = events_url_.load();
  HttpLimits limits;
  limits.silence = kMaxSilence;
  SseParser parser;
  bool open = false;
  const HttpSink sink = [&](absl::string_view piece) {
    if (!open) on_open();
    open = true;
    std::vector<SseEvent> events;
    const absl::Status status = parser.Feed(piece, events);
    for (const SseEvent& event : events) on_event(event);
    return status;
  };
  const absl::StatusOr<HttpResponse> response = GetFollowing(
      NewRequest(HttpMethod::kGet, absl::StrCat(base_urls_[index], kEventsPath),
                 "text/event-stream"),
      limits, stop, sink);
  // The next attempt may have more luck elsewhere.
  if (!open) events_url_.store((index + 1) % base_urls_.size());
  absl::Status status = response.status();
  if (status.ok()) {
    status = response->status == 200
                 ? absl::AbortedError("the event stream ended")
                 : Refused(*response);
  }
  return absl::Status(status.code(),
                      absl::StrCat(base_urls_[index], ": ", status.message()));
}

}  // namespace sunder::controller
