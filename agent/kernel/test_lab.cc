#include "agent/kernel/test_lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "absl/strings/str_cat.h"

namespace sunder::agent {
namespace {

constexpr uint16_t kFencePort = 9;

[[noreturn]] void Fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void Check(int result, const std::string& what) {
  if (result < 0) Fail(what);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  int family = AF_UNSPEC;
};

SocketAddress Resolve(const std::string& text, uint16_t port) {
  const Address address = *Address::Parse(text);
  SocketAddress out;
  if (address.is_v6()) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    std::memcpy(&in6.sin6_addr, address.bytes().data(), 16);
    std::memcpy(&out.storage, &in6, sizeof in6);
    out.length = sizeof in6;
    out.family = AF_INET6;
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes().data(), 4);
    std::memcpy(&out.storage, &in, sizeof in);
    out.length = sizeof in;
    out.family = AF_INET;
  }
  return out;
}

// Runs `work` in a thread that is in the namespace, or in a new one (-1).
void InNamespace(int fd, const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      Check(fd < 0 ? unshare(CLONE_NEWNET) : setns(fd, CLONE_NEWNET),
            "enter a network namespace");
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

std::string Capture(const std::string& command) {
  FILE* const pipe =
      popen(absl::StrCat("{ ", command, "\n} 2>&1").c_str(), "re");
  if (pipe == nullptr) Fail("popen");
  std::string output;
  char buffer[4096];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) {
    output.append(buffer, n);
  }
  if (pclose(pipe) != 0) {
    throw std::runtime_error(absl::StrCat(command, ": ", output));
  }
  return output;
}

UniqueFd Bound(int type, const std::string& address, uint16_t port,
               int protocol) {
  const SocketAddress at = Resolve(address, port);
  UniqueFd fd(socket(at.family, type | SOCK_CLOEXEC, protocol));
  Check(fd.get(), "socket");
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const timeval patience{10, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  Check(
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&at.storage), at.length),
      absl::StrCat("bind ", address, " ", port));
  return fd;
}

bool IsV6(const std::string& address) {
  return Address::Parse(address)->is_v6();
}

}  // namespace

Lab::Lab() {
  // On one processor packets arrive in the order in which they were sent.
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  Check(sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
  Check(unshare(CLONE_NEWNET), "unshare");
  InNamespace(-1, [&] {
    there_ = UniqueFd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    Check(there_.get(), "open a namespace");
  });
  Shell(
      absl::StrCat("ip link add here0 type veth peer name there0 && ip link "
                   "set there0 netns "
                   "/proc/",
                   getpid(), "/fd/", there_.get()));
  Shell(
      "ip link set lo up && ip link set here0 up && ip addr add 10.77.0.1/24 "
      "dev here0 "
      "&& ip addr add fd77::1/64 dev here0 nodad");
  InNamespace(there_.get(), [] {
    Capture(
        "ip link set lo up && ip link set there0 up && for i in 2 3 4 5; do ip "
        "addr "
        "add 10.77.0.$i/24 dev there0 && ip addr add fd77::$i/64 dev there0 "
        "nodad; done");
  });
  // Neighbours known from now on.
  Fence(false);
  Fence(true);
}

std::string Lab::Shell(const std::string& command) { return Capture(command); }

std::string Lab::ShellInNewNamespace(const std::string& command) {
  std::string output;
  InNamespace(-1, [&] { output = Capture(command); });
  return output;
}

bool Lab::Succeeds(const std::string& command) {
  const int status =
      std::system(absl::StrCat("{ ", command, "\n} >/dev/null 2>&1").c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

UniqueFd Lab::Here(int type, const std::string& address, uint16_t port,
                   int protocol) {
  return Bound(type, address, port, protocol);
}

UniqueFd Lab::There(int type, const std::string& address, uint16_t port,
                    int protocol) {
  UniqueFd fd;
  InNamespace(there_.get(), [&] { fd = Bound(type, address, port, protocol); });
  return fd;
}

void SendTo(const UniqueFd& fd, const std::string& address, uint16_t port,
            const std::string& bytes) {
  const SocketAddress to = Resolve(address, port);
  const ssize_t sent =
      sendto(fd.get(), bytes.data(), bytes.size(), 0,
             reinterpret_cast<const sockaddr*>(&to.storage), to.length);
  if (sent != static_cast<ssize_t>(bytes.size())) Fail("sendto");
}

void Connect(const UniqueFd& fd, const std::string& address, uint16_t port) {
  const SocketAddress to = Resolve(address, port);
  Check(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.storage),
                to.length),
        "connect");
}

bool TryReceive(const UniqueFd& fd) {
  char byte = 0;
  return recv(fd.get(), &byte, 1, MSG_DONTWAIT | MSG_TRUNC) > 0;
}

void Lab::Fence(bool v6) {
  const std::string here = v6 ? kHere6 : kHere4;
  const UniqueFd to = Here(SOCK_DGRAM, here, kFencePort);
  const UniqueFd from =
      There(SOCK_DGRAM, v6 ? "fd77::5" : "10.77.0.5", kFencePort);
  SendTo(from, here, kFencePort, "fence");
  char byte = 0;
  if (recv(to.get(), &byte, 1, MSG_TRUNC) <= 0) Fail("the fence did not pass");
}

bool Lab::Arrives(const Datagram& datagram) {
  const bool v6 = IsV6(datagram.from);
  const std::string here = v6 ? kHere6 : kHere4;
  const UniqueFd to = Here(SOCK_DGRAM, here, datagram.to_port);
  const UniqueFd from = There(SOCK_DGRAM, datagram.from, datagram.from_port);
  SendTo(from, here, datagram.to_port, std::string(datagram.bytes, 'x'));
  Fence(v6);
  return TryReceive(to);
}

bool Lab::EchoArrives(const std::string& from) {
  const bool v6 = IsV6(from);
  const std::string here = v6 ? kHere6 : kHere4;
  const int protocol = v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  const UniqueFd to = Here(SOCK_RAW, here, 0, protocol);
  const UniqueFd sender = There(SOCK_RAW, from, 0, protocol);
  std::string echo(8, '\0');
  echo[0] = static_cast<char>(v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
  // The checksum of a message whose other bytes are zero (ICMPv6's is the
  // kernel's business).
  echo[2] = static_cast<char>(~echo[0]);
  echo[3] = static_cast<char>(0xff);
  SendTo(sender, here, 0, echo);
  Fence(v6);
  return TryReceive(to);
}

}  // namespace sunder::agent
