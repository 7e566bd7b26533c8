#include "agent/service/agent.h"

#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/core/core.h"
#include "agent/kernel/change_watch.h"
#include "agent/kernel/local_addresses.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/probes.h"
#include "agent/service/agent_service.h"
#include "agent/service/clock_watch.h"
#include "agent/service/driver.h"
#include "agent/service/durable_file.h"
#include "agent/service/latched_kernel.h"
#include "agent/service/record_file.h"
#include "agent/service/socket_guard.h"
#include "agent/service/stop_latch.h"
#include "common/clock.h"
#include "common/errno_status.h"
#include "common/event_loop.h"
#include "common/libraries.h"
#include "common/log.h"
#include "common/tls.h"
#include "common/unique_fd.h"
#include "grpcpp/grpcpp.h"

namespace sunder::agent {
namespace {

constexpr int kMostRequestBytes = 64 << 20;  // 100,000 endpoints and more.

template <typename Number>
Number RandomNumber() {
  Number number = 0;
  // Cannot fail for so few bytes; 0 is not a random number here.
  while (number == 0 && getrandom(&number, sizeof number, 0) != sizeof number) {
    number = 0;
  }
  return number;
}

absl::StatusOr<Identity> MakeIdentity() {
  absl::StatusOr<std::string> boot_id =
      ReadWhole("/proc/sys/kernel/random/boot_id");
  if (!boot_id.ok()) return boot_id.status();
  return Identity{std::string(absl::StripAsciiWhitespace(*boot_id)),
                  RandomNumber<uint64_t>()};
}

absl::StatusOr<std::vector<v1::Feature>> Probe() {
  const auto transport = OpenNetlinkSocket();
  if (!transport.ok()) return transport.status();
  std::vector<v1::Feature> features = ProbeFeatures(**transport);
  for (const v1::Feature& feature : features) {
    if (!feature.present()) {
      spdlog::warn("this kernel lacks {}: {}", feature.name(),
                   feature.detail());
    }
  }
  return features;
}

absl::StatusOr<UniqueFd> BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  UniqueFd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return ErrnoStatus(errno, "signalfd");
  return fd;
}

std::string NameOf(const Options& options) {
  if (!options.name.empty()) return options.name;
  char name[HOST_NAME_MAX + 1] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

absl::StatusOr<std::unique_ptr<grpc::Server>> Listen(const Options& options,
                                                     AgentService& service) {
  const auto credentials = ServerCredentialsFor(options.listen, options.tls);
  if (!credentials.ok()) return credentials.status();
  const std::string path = SocketPathOf(options.listen);
  if (!path.empty()) {
    if (absl::Status s = ClearSocketPath(path); !s.ok()) return s;
  }
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen, *credentials, &port);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(kMostRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (const auto& [name, value] : kTransportArguments) {
    builder.AddChannelArgument(name, value);
  }
  // The socket must not be anybody's for a moment either.
  const mode_t mask = umask(S_IXUSR | S_IRWXG | S_IRWXO);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  umask(mask);
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.listen));
  }
  return server;
}

// Says what the kernel goes on with when this process is gone.
void SayGoodbye(const Core& core) {
  for (const v1::Held& held : core.Held()) {
    if (held.state() == v1::STATE_IN_FORCE || held.state() == v1::STATE_ARMED) {
      spdlog::warn(
          "fault={} stays with the kernel, which heals it within {} s unless "
          "an agent is started before",
          held.fault_id(),
          absl::ToDoubleSeconds(BootInstant::FromNanos(held.expiry_ns()) -
                                BootNow()));
    }
  }
}

}  // namespace

absl::Status RunAgent(const Options& options, const MakeKernel& make_kernel) {
  InitLibraries();
  absl::StatusOr<UniqueFd> signals = BlockSignals();
  if (!signals.ok()) return signals.status();
  if (absl::Status s = MakeDirectories(options.state_dir); !s.ok()) return s;
  const auto state_claim = ClaimStateDirectory(options.state_dir);
  if (!state_claim.ok()) return state_claim.status();
  const auto namespace_claim = ClaimNetworkNamespace();
  if (!namespace_claim.ok()) return namespace_claim.status();

  auto identity = MakeIdentity();
  if (!identity.ok()) return identity.status();
  auto features = Probe();
  if (!features.ok()) return features.status();
  auto loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  // Before anything is read, so that nothing is missed.
  auto transport = OpenNetlinkSocket();
  if (!transport.ok()) return transport.status();
  auto ruleset_watch = RulesetWatch::Open((*transport)->port());
  if (!ruleset_watch.ok()) return ruleset_watch.status();
  auto address_watch = AddressWatch::Open();
  if (!address_watch.ok()) return address_watch.status();
  const auto own_kernel = make_kernel(*std::move(transport));
  if (!own_kernel.ok()) return own_kernel.status();
  auto clock_watch = ClockWatch::Create();
  if (!clock_watch.ok()) return clock_watch.status();
  const StopLatch latch(options.state_dir);
  auto latch_watch = latch.Watch();
  if (!latch_watch.ok()) return latch_watch.status();

  const RecordFile records(options.state_dir);
  LatchedKernel kernel(own_kernel->get(), &latch);
  Core core(*identity, RandomNumber<uint32_t>, *features);
  Driver driver(&core, &kernel, &records, loop->get());
  AgentService service(
      {NameOf(options), SUNDER_VERSION, options.listen, *std::move(features)},
      &driver, &latch, loop->get());

  const auto obey_latch = [&] {
    if (latch.IsSet()) driver.Latched();
  };
  const auto look_at_addresses = [&] {
    const auto addresses = LocalAddresses();
    if (addresses.ok()) return driver.AddressesAre(*addresses);
    spdlog::warn("addresses of this host: {}", addresses.status().ToString());
  };
  if (absl::Status s = driver.Start(); !s.ok()) return s;
  obey_latch();
  look_at_addresses();
  auto server = Listen(options, service);
  if (!server.ok()) return server.status();
  spdlog::info("listening on {} as {}{}", options.listen, NameOf(options),
               latch.IsSet() ? "; the stop latch is set" : "");

  absl::Status failure;
  std::thread stopper;
  const auto stop = [&] {
    if (stopper.joinable()) return;
    service.Close();
    // The loop runs on while the server waits for the calls at hand.
    stopper = std::thread([&] {
      (*server)->Shutdown(std::chrono::system_clock::now() +
                          std::chrono::milliseconds(300));
      (*loop)->Stop();
    });
  };
  const auto watch = [&](int fd, EventLoop::Task task) {
    if (failure.ok()) failure = (*loop)->Watch(fd, std::move(task));
  };
  const auto give_up = [&](const absl::Status& why) {
    failure = why;
    stop();
  };
  watch(signals->get(), [&] {
    signalfd_siginfo info;
    if (read(signals->get(), &info, sizeof info) == sizeof info) stop();
  });
  watch(clock_watch->fd(), [&] {
    const absl::StatusOr<bool> set = clock_watch->WasSet();
    if (set.ok() && !*set) return;
    spdlog::warn("the wall clock was set");
    driver.ClockStepped();
    if (set.ok()) return;
    give_up(set.status());
  });
  watch(ruleset_watch->fd(), [&] {
    const absl::StatusOr<RulesetChange> change = ruleset_watch->Take();
    if (!change.ok()) return give_up(change.status());
    obey_latch();  // Whoever sets it removes rules as well.
    if (change->anything || !change->gates.empty()) {
      driver.RulesetChanged(*change);
    }
  });
  watch(address_watch->fd(), [&] {
    const absl::StatusOr<bool> changed = address_watch->Take();
    if (!changed.ok()) return give_up(changed.status());
    if (*changed) look_at_addresses();
  });
  if (namespace_claim->valid()) {
    watch(namespace_claim->get(), [&] { AnswerClaims(*namespace_claim); });
  }
  watch(latch_watch->get(), [&] {
    char events[4096];
    while (read(latch_watch->get(), events, sizeof events) > 0) {
    }
    obey_latch();
  });
  if (!failure.ok()) stop();

  const absl::Status ran = (*loop)->Run();
  if (stopper.joinable()) stopper.join();
  SayGoodbye(core);
  return ran.ok() ? failure : ran;
}

}  // namespace sunder::agent
