// HTTP through libcurl. Each exchange has a connection of its own, asks the
// server directly (proxies of the environment are not used), and can be stopped
// at once.

#ifndef SUNDER_CONTROLLER_DISCOVERY_CURL_HTTP_CLIENT_H_
#define SUNDER_CONTROLLER_DISCOVERY_CURL_HTTP_CLIENT_H_

#include "controller/discovery/http_client.h"

namespace sunder::controller {

class CurlHttpClient : public HttpClient {
 public:
  CurlHttpClient();
  absl::StatusOr<HttpResponse> Exchange(const HttpRequest& request,
                                        const HttpLimits& limits,
                                        const std::stop_token& stop,
                                        const HttpSink& sink) override;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_CURL_HTTP_CLIENT_H_
