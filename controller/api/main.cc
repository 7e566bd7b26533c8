// sunder-controller: puts the parts together, and takes them apart in order.
//
// Threads: the loop (core, fleet), gRPC's own, discovery's, the store's writer,
// and workers for plans and kills. This one waits for SIGTERM or SIGINT.

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/clock.h"
#include "common/event_loop.h"
#include "common/libraries.h"
#include "common/log.h"
#include "controller/api/deployment_facts.h"
#include "controller/api/engine.h"
#include "controller/api/random_values.h"
#include "controller/api/server.h"
#include "controller/api/service.h"
#include "controller/api/settings.h"
#include "controller/store/sqlite_store.h"

namespace sunder::controller {
namespace {

constexpr auto kGrace = std::chrono::seconds(1);

// SIGTERM and SIGINT come to Wait alone. Before any thread begins.
class StopSignal {
 public:
  StopSignal() {
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  // From within, in any thread; the program then ends with an error.
  void Fail() {
    failed_ = true;
    kill(getpid(), SIGTERM);
  }
  // False after Fail.
  bool Wait() {
    int number = 0;
    sigwait(&signals_, &number);
    return !failed_;
  }

 private:
  sigset_t signals_;
  std::atomic<bool> failed_ = false;
};

absl::StatusOr<DiscoveryOptions> DiscoveryOptionsOf(const Settings& settings) {
  DiscoveryOptions options;
  options.inventory_path = settings.inventory;
  options.marathon_urls = settings.marathon;
  if (!settings.marathon_credentials.empty()) {
    auto credentials = ReadCredentials(settings.marathon_credentials);
    if (!credentials.ok()) return credentials.status();
    options.credentials = *std::move(credentials);
  }
  return options;
}

// Blocks while names are resolved: never in the loop.
Deployment DeploymentNow(const Settings& settings, Resolver& resolver) {
  Deployment deployment = settings.deployment;
  auto addresses = LocalAddresses();
  if (addresses.ok()) {
    deployment.controller_addresses = *std::move(addresses);
  } else {
    spdlog::warn("own addresses not known error=\"{}\"",
                 addresses.status().ToString());
  }
  if (absl::Status s = ResolveServices(resolver, deployment.services);
      !s.ok()) {
    spdlog::warn("marathon's host not known, so any may be error=\"{}\"",
                 s.ToString());
  }
  return deployment;
}

// What goes on after this process: said while it still knows.
void SayWhatLives(Engine& engine) {
  absl::Notification said;
  engine.Post([&] {
    for (const auto& fault : engine.List(false)) {
      spdlog::warn(
          "stopping while a fault lives fault={} name=\"{}\" state={}: the "
          "kernels heal it when its lease ends, within seconds, unless a "
          "controller with this state comes back first",
          fault.id(), fault.spec().name(),
          sunder::v1::FaultState_Name(fault.state()));
    }
    said.Notify();
  });
  said.WaitForNotification();
}

Options CoreOptions() {
  Options options;
  options.boot_base = BootNow();
  options.wall_base = WallNow();
  return options;
}

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

// Until told to stop. The loop runs in a thread of its own from here to the
// end, so that all who wait for it are answered.
absl::Status Serve(const Settings& settings, EventLoop& loop, Engine& engine,
                   Discovery& discovery, StopSignal& stop) {
  KillerOptions kills;
  kills.own_targets = {settings.listen};
  // Marathon sets both for what it runs.
  kills.own_task = {Environment("MESOS_TASK_ID"),
                    Environment("MARATHON_APP_ID")};
  Killer killer(discovery, std::move(kills));
  Resolver resolver;
  ControllerService service(engine, discovery, killer, [&settings, &resolver] {
    return DeploymentNow(settings, resolver);
  });
  auto server = StartServer(settings.listen, ServerTls(settings), service);
  if (!server.ok()) return server.status();
  std::thread loop_thread([&loop] {
    const absl::Status status = loop.Run();
    if (status.ok()) return;
    spdlog::critical("the loop failed error=\"{}\"", status.ToString());
    // Whoever waits for the loop would wait for ever; the kernels heal.
    _exit(1);
  });
  Subscription follow =
      discovery.OnChange([&](const sunder::v1::Topology& topology) {
        engine.Post([&engine, topology] { engine.SetTopology(topology); });
        service.FollowMembers();
      });
  discovery.Start();
  spdlog::info("listening target={} version={}", settings.listen,
               SUNDER_VERSION);

  const bool on_demand = stop.Wait();

  follow.Reset();
  if (on_demand) SayWhatLives(engine);
  service.Stop();
  (*server)->Shutdown(std::chrono::system_clock::now() + kGrace);
  (*server)->Wait();
  discovery.Stop();
  loop.Stop();
  loop_thread.join();
  spdlog::info("stopped");
  return on_demand ? absl::OkStatus()
                   : absl::AbortedError("stopped by itself; see the log");
}

absl::Status Run(const Settings& settings) {
  InitLibraries();
  if (absl::Status s = InitLog("sunder-controller", settings.log_level);
      !s.ok()) {
    return s;
  }
  StopSignal stop;
  auto discovery_options = DiscoveryOptionsOf(settings);
  if (!discovery_options.ok()) return discovery_options.status();
  auto discovery = Discovery::Create(*std::move(discovery_options));
  if (!discovery.ok()) return discovery.status();
  auto store = SqliteStore::Open(settings.state_dir, WallNow(), RandomSeed());
  if (!store.ok()) return store.status();
  auto loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  Engine engine(**loop, CoreOptions(), **store, settings.tls,
                [&stop] { stop.Fail(); });
  if (absl::Status s = engine.Start((*discovery)->Snapshot()); !s.ok()) {
    return s;
  }
  return Serve(settings, **loop, engine, **discovery, stop);
}

int Main(int argc, char** argv) {
  const auto parsed = ParseSettings(argc, argv);
  if (const auto* code = std::get_if<ExitCode>(&parsed)) return code->value;
  const absl::Status status = Run(std::get<Settings>(parsed));
  if (status.ok()) return 0;
  std::cerr << "sunder-controller: " << status.message() << "\n";
  return 1;
}

}  // namespace
}  // namespace sunder::controller

int main(int argc, char** argv) { return sunder::controller::Main(argc, argv); }
