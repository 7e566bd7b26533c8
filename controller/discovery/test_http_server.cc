#include "controller/discovery/test_http_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sunder::controller {
namespace {

constexpr int kPatienceMs = 20'000;

bool Readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, kPatienceMs) > 0;
}

// The bytes of the request once its headers are there; npos: not yet.
size_t WholeSize(const std::string& request) {
  const size_t end = request.find("\r\n\r\n");
  if (end == std::string::npos) return std::string::npos;
  size_t length = 0;
  const size_t at = request.find("Content-Length: ");
  if (at < end) {
    length = std::strtoul(request.c_str() + at + 16, nullptr, 10);
  }
  return end + 4 + length;
}

}  // namespace

void TestConnection::ReadRequest() {
  char buffer[4096];
  while (WholeSize(request_) > request_.size() && Readable(fd_.get())) {
    const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
    if (size <= 0) return;
    request_.append(buffer, static_cast<size_t>(size));
  }
}

bool TestConnection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size =
        send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

void TestConnection::SendResponse(const std::string& status,
                                  const std::string& headers,
                                  absl::string_view body) {
  Send(absl::StrCat("HTTP/1.1 ", status, "\r\n", headers,
                    "Content-Length: ", body.size(), "\r\n\r\n", body));
}

void TestConnection::WaitUntilClosed() {
  char byte;
  while (Readable(fd_.get()) && recv(fd_.get(), &byte, 1, 0) > 0) {
  }
}

void TestConnection::Reset() {
  const linger at_once{1, 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.Reset();
}

TestHttpServer::TestHttpServer(Serve serve)
    : serve_(std::move(serve)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_.get(), 16) != 0 ||
      getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address),
                  &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { Run(); });
}

TestHttpServer::~TestHttpServer() {
  shutdown(listener_.get(), SHUT_RDWR);  // Ends accept().
}

std::string TestHttpServer::url(const std::string& path) const {
  return absl::StrCat("http://127.0.0.1:", port_, path);
}

void TestHttpServer::Run() {
  for (;;) {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    TestConnection connection(fd);
    connection.ReadRequest();
    serve_(connection);
  }
}

}  // namespace sunder::controller
