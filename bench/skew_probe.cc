// When does each host begin to drop? A stream of datagrams from one network
// namespace to many others, each with the instant of its sending.
//
// skew_probe GAP_US SENDER_NAMESPACE, and on stdin a line "NAMESPACE ADDRESS"
// for each receiver, then an empty line. Each further line asks what was
// delivered since the one before: answered by a line with, for each receiver,
// the instant (CLOCK_BOOTTIME, ns) when the last delivered datagram was sent.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr uint16_t kPort = 4799;

[[noreturn]] void Die(const char* what) {
  perror(what);
  exit(1);
}

int64_t Now() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

// A UDP socket that lives in the namespace of that name.
int SocketIn(const std::string& name) {
  const int ns =
      open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);  // NOLINT
  if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) Die(name.c_str());
  close(ns);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  return fd;
}

struct Receiver {
  int fd = -1;
  sockaddr_in address{};
  std::atomic<int64_t> last = 0;  // When the last datagram was sent.
};

void Receive(int epoll, std::vector<Receiver>& receivers) {
  std::array<epoll_event, 64> events;
  while (true) {
    const int n = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < n; ++i) {
      Receiver& receiver = receivers[events[i].data.u64];
      int64_t sent = 0;
      while (recv(receiver.fd, &sent, sizeof sent, 0) == sizeof sent) {
        receiver.last = sent;
      }
    }
  }
}

void Send(int fd, int64_t gap_ns, const std::vector<Receiver>& receivers) {
  timespec next{};
  clock_gettime(CLOCK_MONOTONIC, &next);
  while (true) {
    for (const Receiver& receiver : receivers) {
      const int64_t now = Now();
      sendto(fd, &now, sizeof now, 0,
             reinterpret_cast<const sockaddr*>(&receiver.address),
             sizeof receiver.address);
    }
    next.tv_nsec += gap_ns;
    next.tv_sec += next.tv_nsec / 1'000'000'000;
    next.tv_nsec %= 1'000'000'000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: skew_probe GAP_US SENDER_NAMESPACE\n");
    return 2;
  }
  std::vector<std::pair<std::string, std::string>> wanted;
  for (std::string line; std::getline(std::cin, line) && !line.empty();) {
    std::istringstream words(line);
    words >> wanted.emplace_back().first >> wanted.back().second;
  }
  std::vector<Receiver> receivers(wanted.size());
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (size_t i = 0; i < wanted.size(); ++i) {
    Receiver& receiver = receivers[i];
    receiver.fd = SocketIn(wanted[i].first);
    receiver.address.sin_family = AF_INET;
    receiver.address.sin_port = htons(kPort);
    if (inet_pton(AF_INET, wanted[i].second.c_str(),
                  &receiver.address.sin_addr) != 1 ||
        bind(receiver.fd, reinterpret_cast<const sockaddr*>(&receiver.address),
             sizeof receiver.address) != 0) {
      Die(wanted[i].second.c_str());
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, receiver.fd, &event) != 0) Die("epoll");
  }
  const int out = SocketIn(argv[2]);
  std::thread([&] { Receive(epoll, receivers); }).detach();
  std::thread([&] {
    Send(out, std::atoll(argv[1]) * 1000, receivers);
  }).detach();
  for (std::string line; std::getline(std::cin, line);) {
    for (Receiver& receiver : receivers) std::cout << receiver.last << ' ';
    std::cout << std::endl;
  }
  std::_Exit(0);
}
