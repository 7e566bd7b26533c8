#include "agent/kernel/netlink_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/nft/linux_nftables.h"
#include "common/errno_status.h"
#include "common/unique_fd.h"

namespace sunder::agent {
namespace {

// A transaction is one sendmsg: this bounds it, at a million endpoints or so.
constexpr int kSendBuffer = 128 << 20;
constexpr int kReceiveBuffer = 4 << 20;
// The kernel answers before sendmsg returns. No answer by now: there is none.
constexpr timeval kReceiveTimeout = {2, 0};
// No less than the kernel puts into one datagram of a dump.
constexpr size_t kDatagram = 64 << 10;

class NetlinkSocket : public NetlinkTransport {
 public:
  NetlinkSocket(UniqueFd fd, uint32_t port) : fd_(std::move(fd)), port_(port) {}

  uint32_t port() const override { return port_; }

  absl::Status Send(absl::string_view bytes) override {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    for (;;) {
      const ssize_t sent =
          sendto(fd_.get(), bytes.data(), bytes.size(), 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
      if (sent >= 0) return absl::OkStatus();  // Datagrams go whole or not.
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, absl::StrCat("sending ", bytes.size(),
                                             " bytes to the kernel"));
    }
  }

  absl::StatusOr<std::string> Receive() override {
    for (;;) {
      sockaddr_nl from{};
      iovec space{buffer_.data(), buffer_.size()};
      msghdr message{};
      message.msg_name = &from;
      message.msg_namelen = sizeof from;
      message.msg_iov = &space;
      message.msg_iovlen = 1;
      const ssize_t got = recvmsg(fd_.get(), &message, 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        return ReceiveError(errno);
      }
      if (from.nl_pid != 0 || got == 0) continue;  // Not from the kernel.
      if ((message.msg_flags & MSG_TRUNC) != 0) {
        return absl::DataLossError("a netlink datagram was cut off");
      }
      return std::string(buffer_.data(), static_cast<size_t>(got));
    }
  }

 private:
  static absl::Status ReceiveError(int error) {
    if (error == ENOBUFS) {
      return absl::DataLossError("netlink's receive buffer was full");
    }
    if (error == EAGAIN) {
      return absl::DeadlineExceededError("the kernel did not answer");
    }
    return ErrnoStatus(error, "receiving from the kernel");
  }

  const UniqueFd fd_;
  const uint32_t port_;
  std::vector<char> buffer_ = std::vector<char>(kDatagram);
};

template <typename T>
absl::Status SetOption(const UniqueFd& fd, int level, int option,
                       const T& value, absl::string_view name) {
  if (setsockopt(fd.get(), level, option, &value, sizeof value) != 0) {
    return ErrnoStatus(errno, absl::StrCat("setsockopt ", name));
  }
  return absl::OkStatus();
}

absl::Status Configure(const UniqueFd& fd) {
  const int on = 1;
  absl::Status s =
      SetOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, kSendBuffer, "SO_SNDBUFFORCE");
  if (s.ok()) {
    s = SetOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer,
                  "SO_RCVBUFFORCE");
  }
  if (s.ok()) {
    s = SetOption(fd, SOL_SOCKET, SO_RCVTIMEO, kReceiveTimeout, "SO_RCVTIMEO");
  }
  // Errors carry the kernel's words, but not the whole message they are about.
  if (s.ok()) {
    s = SetOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, on, "NETLINK_CAP_ACK");
  }
  if (s.ok()) {
    s = SetOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, on, "NETLINK_EXT_ACK");
  }
  return s;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NetlinkTransport>> OpenNetlinkSocket() {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd.valid()) return ErrnoStatus(errno, "open a netfilter socket");
  if (absl::Status s = Configure(fd); !s.ok()) return s;
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;  // The kernel chooses the port.
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) !=
      0) {
    return ErrnoStatus(errno, "bind a netfilter socket");
  }
  socklen_t size = sizeof own;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    return ErrnoStatus(errno, "ask for a netfilter socket's port");
  }
  return std::make_unique<NetlinkSocket>(std::move(fd), own.nl_pid);
}

}  // namespace sunder::agent
