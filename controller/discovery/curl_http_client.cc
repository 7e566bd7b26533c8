#include "controller/discovery/curl_http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sunder::controller {
namespace {

using CurlLong =
    long;  // NOLINT(google-runtime-int): so libcurl's API wants it.

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// The answer while it arrives. `refused` is why we ended the transfer
// ourselves.
struct Incoming {
  CURL* easy;
  const HttpLimits* limits;
  const HttpSink* sink;
  HttpResponse response;
  absl::Status refused;
};

absl::Status TooLarge(const HttpLimits& limits) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the answer is larger than ", limits.max_body, " bytes"));
}

size_t OnBody(char* data, size_t, size_t size, void* user) {
  auto* incoming = static_cast<Incoming*>(user);
  CurlLong status = 0;
  curl_easy_getinfo(incoming->easy, CURLINFO_RESPONSE_CODE, &status);
  if (*incoming->sink && status == 200) {
    incoming->refused = (*incoming->sink)(absl::string_view(data, size));
  } else if (incoming->response.body.size() + size >
             incoming->limits->max_body) {
    incoming->refused = TooLarge(*incoming->limits);
  } else {
    incoming->response.body.append(data, size);
  }
  return incoming->refused.ok() ? size : CURL_WRITEFUNC_ERROR;
}

size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto* incoming = static_cast<Incoming*>(user);
  const absl::string_view line(data, size);
  const size_t colon = line.find(':');
  if (colon != absl::string_view::npos) {
    incoming->response.headers[absl::AsciiStrToLower(line.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return size;
}

// The status for curl's `code`, which ended the exchange.
absl::Status ToStatus(CURL* easy, CURLcode code, const char* text,
                      const Incoming& incoming) {
  if (!incoming.refused.ok()) return incoming.refused;
  const std::string why = *text ? text : curl_easy_strerror(code);
  curl_off_t sent_after = 0;  // Microseconds; 0 while there is no connection.
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_after);
  if (sent_after == 0) {
    // Later, curl also calls what is no HTTP an unsupported protocol.
    return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL
               ? absl::InvalidArgumentError(why)
               : absl::UnavailableError(why);
  }
  if (code == CURLE_FILESIZE_EXCEEDED) return TooLarge(*incoming.limits);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return absl::DeadlineExceededError(why);
  }
  return absl::AbortedError(why);
}

CurlLong WholeMilliseconds(absl::Duration d) {
  return static_cast<CurlLong>(
      std::max<int64_t>(1, absl::ToInt64Milliseconds(d)));
}

void SetLimits(CURL* easy, const HttpLimits& limits, bool streamed) {
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   WholeMilliseconds(limits.connect));
  if (limits.deadline != absl::InfiniteFuture()) {
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     WholeMilliseconds(limits.deadline - absl::Now()));
  }
  if (limits.silence != absl::InfiniteDuration()) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(
        easy, CURLOPT_LOW_SPEED_TIME,
        static_cast<CurlLong>(absl::ToInt64Seconds(limits.silence)));
  }
  if (!streamed) {
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                     static_cast<curl_off_t>(limits.max_body));
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  }
}

void SetRequest(CURL* easy, const HttpRequest& request,
                std::unique_ptr<curl_slist, ListDeleter>& headers) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "sunder");
  const auto add = [&headers](const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  };
  add("Expect:");  // Marathon's Jetty does not answer 100-continue in time.
  for (const auto& [name, value] : request.headers) {
    add(absl::StrCat(name, ": ", value));
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  if (request.method == HttpMethod::kPost) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  } else if (request.method == HttpMethod::kDelete) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
  }
}

// Drives `easy` until it is done; nullopt: `stop` came first.
std::optional<CURLcode> Drive(CURLM* multi, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  while (!stop.stop_requested()) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
    int left = 0;
    if (const CURLMsg* done = curl_multi_info_read(multi, &left)) {
      return done->data.result;
    }
    curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  return std::nullopt;
}

}  // namespace

CurlHttpClient::CurlHttpClient() {
  // Once for the process; libcurl counts, and never frees what threads still
  // use.
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
}

absl::StatusOr<HttpResponse> CurlHttpClient::Exchange(
    const HttpRequest& request, const HttpLimits& limits,
    const std::stop_token& stop, const HttpSink& sink) {
  if (limits.deadline <= absl::Now()) {
    return absl::UnavailableError("the deadline passed before it was asked");
  }
  const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
  std::unique_ptr<curl_slist, ListDeleter> headers;
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  if (!multi || !easy) return absl::InternalError("libcurl has no memory");

  char error[CURL_ERROR_SIZE] = "";
  Incoming incoming{easy.get(), &limits, &sink, {}, {}};
  SetRequest(easy.get(), request, headers);
  SetLimits(easy.get(), limits, static_cast<bool>(sink));
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &incoming);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &incoming);

  if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) {
    return absl::InternalError("libcurl does not take the request");
  }
  const std::optional<CURLcode> code = Drive(multi.get(), stop);
  absl::Status status =
      !code
          ? absl::CancelledError("stopped")
          : (*code == CURLE_OK ? absl::OkStatus()
                               : ToStatus(easy.get(), *code, error, incoming));
  curl_multi_remove_handle(multi.get(), easy.get());
  if (!status.ok()) return status;
  CurlLong http_status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &http_status);
  incoming.response.status = static_cast<int>(http_status);
  return std::move(incoming.response);
}

}  // namespace sunder::controller
