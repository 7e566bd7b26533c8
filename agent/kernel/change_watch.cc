#include "agent/kernel/change_watch.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <utility>

#include "agent/nft/linux_nftables.h"
#include "agent/nft/notices.h"
#include "common/errno_status.h"
// Behind the C library's headers.
#include <linux/rtnetlink.h>

namespace sunder::agent {
namespace {

constexpr int kNoticeBuffer = 4 << 20;
// The loop has other things to do as well.
constexpr int kMostAtOnce = 256;

template <typename T>
absl::Status SetSocketOption(int fd, int level, int option, const T& value,
                             absl::string_view what) {
  if (setsockopt(fd, level, option, &value, sizeof value) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, what);
}

}  // namespace

absl::StatusOr<NoticeSocket> NoticeSocket::Open(
    int protocol, const std::vector<int>& groups) {
  UniqueFd fd(
      socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd.valid()) return ErrnoStatus(errno, "open a socket for notifications");
  absl::Status s = SetSocketOption(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE,
                                   kNoticeBuffer, "setsockopt SO_RCVBUFFORCE");
  if (!s.ok()) return s;
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) !=
      0) {
    return ErrnoStatus(errno, "bind a socket for notifications");
  }
  for (const int group : groups) {
    s = SetSocketOption(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group,
                        "ask for the kernel's notifications");
    if (!s.ok()) return s;
  }
  return NoticeSocket(std::move(fd));
}

absl::Status NoticeSocket::KeepBack(uint32_t port) {
  // A datagram tells of one transaction: each of its messages names the same
  // port, in the host's order; a filter loads words in the network's.
  std::array<sock_filter, 4> program = {
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(nlmsghdr, nlmsg_pid)),
       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1),
       BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)}};
  const sock_fprog filter = {program.size(), program.data()};
  return SetSocketOption(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, filter,
                         "keep back the kernel's notifications of our own");
}

absl::StatusOr<bool> NoticeSocket::Take(
    absl::FunctionRef<void(absl::string_view)> take) {
  bool all = true;
  for (int i = 0; i < kMostAtOnce; ++i) {
    sockaddr_nl from{};
    iovec space{buffer_.data(), buffer_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &space;
    message.msg_iovlen = 1;
    const ssize_t got = recvmsg(fd_.get(), &message, 0);
    if (got < 0) {
      if (errno == EAGAIN) break;
      if (errno == ENOBUFS) all = false;
      if (errno == ENOBUFS || errno == EINTR) continue;
      return ErrnoStatus(errno, "receive the kernel's notifications");
    }
    if (from.nl_pid != 0) continue;  // Not from the kernel.
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      all = false;
      continue;
    }
    take(absl::string_view(buffer_.data(), static_cast<size_t>(got)));
  }
  return all;
}

absl::StatusOr<RulesetWatch> RulesetWatch::Open(uint32_t own_port) {
  auto socket = NoticeSocket::Open(NETLINK_NETFILTER, {NFNLGRP_NFTABLES});
  if (!socket.ok()) return socket.status();
  if (absl::Status s = socket->KeepBack(own_port); !s.ok()) return s;
  return RulesetWatch(*std::move(socket));
}

absl::StatusOr<RulesetChange> RulesetWatch::Take() {
  RulesetChange change;
  const absl::StatusOr<bool> all =
      socket_.Take([&](absl::string_view datagram) {
        const absl::Status s = nft::ReadNotices(datagram, change);
        change.anything = change.anything || !s.ok();
      });
  if (!all.ok()) return all.status();
  change.anything = change.anything || !*all;
  return change;
}

absl::StatusOr<AddressWatch> AddressWatch::Open() {
  auto socket = NoticeSocket::Open(NETLINK_ROUTE,
                                   {RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR});
  if (!socket.ok()) return socket.status();
  return AddressWatch(*std::move(socket));
}

absl::StatusOr<bool> AddressWatch::Take() {
  bool some = false;
  const absl::StatusOr<bool> all =
      socket_.Take([&](absl::string_view /*datagram*/) { some = true; });
  if (!all.ok()) return all.status();
  return some || !*all;
}

}  // namespace sunder::agent
