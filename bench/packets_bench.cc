// What a packet that no fault cuts pays on a host with a fault in force. Sender
// and receiver are one thread on one processor, with a veth between two network
// namespaces: the time of a packet is all that the kernel does for it, on both
// sides.

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "agent/kernel/nft_kernel.h"
#include "agent/kernel/test_lab.h"
#include "bench/endpoints.h"
#include "bench/timing.h"
#include "benchmark/benchmark.h"
#include "common/clock.h"

namespace sunder::bench {
namespace {

using agent::Lab;

constexpr agent::GateId kPacketGate = 1;

Lab& TheLab() {
  static Lab* const lab = new Lab;
  return *lab;
}

// Puts a fault of `count` endpoints in force while it lives.
class InForce {
 public:
  explicit InForce(int count)
      : kernel_(*agent::NftKernel::Create()), there_is_one_(count > 0) {
    if (!there_is_one_) return;
    absl::Status s = kernel_->Stage(kPacketGate, Endpoints(count));
    if (s.ok()) {
      s = kernel_->Arm(kPacketGate, WallNow(), BootNow() + absl::Hours(1));
    }
    if (s.ok()) s = kernel_->Open(kPacketGate);
    if (!s.ok()) throw std::runtime_error(s.ToString());
  }
  ~InForce() {
    if (there_is_one_) (void)kernel_->Remove(kPacketGate);
  }
  InForce(const InForce&) = delete;
  InForce& operator=(const InForce&) = delete;

 private:
  const std::unique_ptr<agent::NftKernel> kernel_;
  const bool there_is_one_;
};

// Seconds that one of `count` small datagrams takes.
double UdpSeconds(int count, const UniqueFd& from, const UniqueFd& to) {
  constexpr int kBatch = 64;
  std::array<char, 16> bytes{};
  iovec space{bytes.data(), bytes.size()};
  std::vector<mmsghdr> messages(kBatch);
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &space;
    message.msg_hdr.msg_iovlen = 1;
  }
  int received = 0;
  const double seconds = Seconds([&] {
    for (int sent = 0; sent < count; sent += kBatch) {
      sendmmsg(from.get(), messages.data(), kBatch, 0);
      const int n =
          recvmmsg(to.get(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (n > 0) received += n;
    }
  });
  if (received < count / 100 * 99) {
    throw std::runtime_error("datagrams were lost");
  }
  return seconds / received;
}

// Seconds that one MiB takes of a stream of `bytes`.
double TcpSeconds(size_t bytes, const UniqueFd& from, const UniqueFd& to) {
  std::vector<char> block(256 << 10);
  size_t received = 0;
  const double seconds = Seconds([&] {
    int idle = 0;  // Turns in which nothing came, some hundred ns each.
    while (received < bytes) {
      send(from.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      const ssize_t n =
          recv(to.get(), block.data(), block.size(), MSG_DONTWAIT);
      idle = n > 0 ? 0 : idle + 1;
      if (n > 0) received += static_cast<size_t>(n);
      if (idle > 10'000'000) {
        throw std::runtime_error("the stream stands still");
      }
    }
  });
  return seconds * (1 << 20) / static_cast<double>(received);
}

// The same sockets with the fault and without it.
void AgainstNoFault(::benchmark::State& state,
                    absl::FunctionRef<double(bool for_nothing)> measure) {
  const auto seconds = [&](int endpoints) {
    const InForce fault(endpoints);
    measure(true);  // The kernel frees the fault before a moment later.
    return measure(false);
  };
  for (auto _ : state) {
    Pair(
        state, [&] { return seconds(static_cast<int>(state.range(0))); },
        [&] { return seconds(0); });
  }
}

void Udp(::benchmark::State& state) {
  const UniqueFd to = TheLab().Here(SOCK_DGRAM, Lab::kHere4, 5000);
  const UniqueFd from = TheLab().There(SOCK_DGRAM, Lab::kThere4, 4000);
  agent::Connect(from, Lab::kHere4, 5000);
  AgainstNoFault(state, [&](bool for_nothing) {
    return UdpSeconds(for_nothing ? 2'000 : 8'000, from, to);
  });
}

void Tcp(::benchmark::State& state) {
  const UniqueFd listener = TheLab().Here(SOCK_STREAM, Lab::kHere4, 5001);
  listen(listener.get(), 1);
  const UniqueFd from = TheLab().There(SOCK_STREAM, Lab::kThere4, 0);
  agent::Connect(from, Lab::kHere4, 5001);
  const UniqueFd to(accept(listener.get(), nullptr, nullptr));
  AgainstNoFault(state, [&](bool for_nothing) {
    return TcpSeconds((for_nothing ? size_t{32} : size_t{128}) << 20, from, to);
  });
}

void PacketSettings(::benchmark::internal::Benchmark* b) {
  b->UseManualTime()->Iterations(1)->Unit(::benchmark::kNanosecond);
  b->Arg(100)->Arg(1000)->Arg(10'000)->Repetitions(151);
}

BENCHMARK(Udp)->Name("packet/udp")->Apply(PacketSettings);
BENCHMARK(Tcp)->Name("packet/tcp")->Apply(PacketSettings);

}  // namespace
}  // namespace sunder::bench
