// For tests: an HTTP server on loopback that does to each connection what a
// function says, well-behaved or not. Connections are served one after another
// in a thread of the server's own, which ends with it.

#ifndef SUNDER_CONTROLLER_DISCOVERY_TEST_HTTP_SERVER_H_
#define SUNDER_CONTROLLER_DISCOVERY_TEST_HTTP_SERVER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "common/unique_fd.h"

namespace sunder::controller {

class TestConnection {
 public:
  explicit TestConnection(int fd) : fd_(fd) {}
  const std::string& request() const { return request_; }

  void ReadRequest();
  // False: the client is gone.
  bool Send(absl::string_view bytes);
  void SendResponse(const std::string& status, const std::string& headers,
                    absl::string_view body);
  void WaitUntilClosed();  // By the client; bounded in time.
  void Reset();            // Ends the connection with a RST.

 private:
  UniqueFd fd_;
  std::string request_;
};

class TestHttpServer {
 public:
  using Serve = std::function<void(TestConnection&)>;  // The request is read.

  explicit TestHttpServer(Serve serve);
  ~TestHttpServer();
  int port() const { return port_; }
  std::string url(const std::string& path = "") const;

 private:
  void Run();

  const Serve serve_;
  UniqueFd listener_;
  int port_ = 0;
  std::jthread thread_;  // Last: it uses the rest.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_TEST_HTTP_SERVER_H_
