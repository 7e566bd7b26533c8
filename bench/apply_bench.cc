// Applying, updating and removing a fault: Sunder against the kernel's floor
// (the same bytes, made before) in pairs, `nft -f`, and one `iptables` for each
// endpoint. Each repetition is one operation, timed by hand; run them
// interleaved (--benchmark_enable_random_interleaving).

#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/nft_kernel.h"
#include "agent/nft/messages.h"
#include "agent/rules/compile.h"
#include "agent/rules/to_nft.h"
#include "bench/endpoints.h"
#include "bench/timing.h"
#include "benchmark/benchmark.h"
#include "common/clock.h"

extern char** environ;

namespace sunder::bench {
namespace {

using agent::GateId;
using agent::NftKernel;

constexpr GateId kGate = 1, kNext = 2;
constexpr absl::Duration kLease = absl::Hours(1);

void Check(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

agent::Program ProgramOf(GateId gate, const agent::v1::StageRequest& request) {
  auto program = agent::Compile(
      gate, {request.fault_id(), request.generation(), request.digest()},
      request.flows(), request.protected_());
  Check(program.status());
  return *std::move(program);
}

// As the agent's service does it.
std::shared_ptr<agent::v1::StageRequest> ParseRequest(
    const std::string& bytes) {
  google::protobuf::ArenaOptions options;
  options.max_block_size = 64 << 10;
  auto arena = std::make_shared<google::protobuf::Arena>(options);
  std::shared_ptr<agent::v1::StageRequest> request(
      arena, google::protobuf::Arena::CreateMessage<agent::v1::StageRequest>(
                 arena.get()));
  request->ParseFromString(bytes);
  return request;
}

// Sunder's own way: the request's bytes come in, the kernel acknowledges.
class Sunder {
 public:
  explicit Sunder(int count)
      : bytes_(Endpoints(count)->SerializeAsString()),
        kernel_(*NftKernel::Create()) {}

  void Apply(GateId gate) { Check(kernel_->Stage(gate, ParseRequest(bytes_))); }
  void ReadBack(GateId gate) {
    const auto read = kernel_->Read(gate);
    Check(read.status());
    if (!read->intact) throw std::runtime_error("not intact");
  }
  // Members moved: the next generation beside the present one, then open, then
  // the old one away.
  void Update() {
    Apply(kNext);
    Open(kNext);
    Remove(kGate);
  }
  void Open(GateId gate) {
    Check(kernel_->Arm(gate, WallNow(), BootNow() + kLease));
    Check(kernel_->Open(gate));
  }
  void Remove(GateId gate) { Check(kernel_->Remove(gate)); }

 private:
  const std::string bytes_;
  const std::unique_ptr<NftKernel> kernel_;
};

// The same transactions, made before: what the kernel itself takes.
class Floor {
 public:
  explicit Floor(int count) : transport_(*agent::OpenNetlinkSocket()) {
    const auto request = Endpoints(count);
    for (GateId gate : {kGate, kNext}) {
      stage_.push_back(Made([&](agent::nft::Batch& batch) {
        agent::nft::AddStage(ProgramOf(gate, *request), batch);
      }));
      arm_.push_back(Made([&](agent::nft::Batch& batch) {
        agent::nft::AddArm(gate, WallInstant(), WallNow() + kLease, 3'600'000,
                           batch);
      }));
      open_.push_back(Made(
          [&](agent::nft::Batch& batch) { agent::nft::AddOpen(gate, batch); }));
      remove_.push_back(Made([&](agent::nft::Batch& batch) {
        agent::nft::AddRemove(gate, batch);
      }));
    }
  }

  void Apply(GateId gate) { Send(stage_[gate - 1]); }
  void ReadBack(GateId) {}
  void Open(GateId gate) {
    Send(arm_[gate - 1]);
    Send(open_[gate - 1]);
  }
  void Remove(GateId gate) { Send(remove_[gate - 1]); }
  void Update() {
    Apply(kNext);
    Open(kNext);
    Remove(kGate);
  }

 private:
  template <typename Add>
  static std::string Made(Add add) {
    agent::nft::Batch batch(1);
    add(batch);
    batch.Finish();
    return batch.bytes();
  }
  void Send(const std::string& bytes) {
    Check(transport_->Send(bytes));
    const auto answer = transport_->Receive();
    Check(answer.status());
    const auto outcomes = agent::nft::ParseAnswers(*answer);
    Check(outcomes.status());
    const auto* outcome =
        std::get_if<agent::nft::Outcome>(&outcomes->at(0).content);
    if (outcome == nullptr || outcome->error != 0) {
      throw std::runtime_error("the kernel refused the bytes");
    }
  }

  const std::unique_ptr<agent::NetlinkTransport> transport_;
  std::vector<std::string> stage_, arm_, open_, remove_;
};

void Run(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  pid_t pid = 0;
  int status = -1;
  if (posix_spawnp(&pid, words[0], nullptr, nullptr, words.data(), environ) !=
          0 ||
      waitpid(pid, &status, 0) != pid || status != 0) {
    throw std::runtime_error(absl::StrCat(command[0], " failed"));
  }
}

// The equivalent ruleset, loaded by nft.
class Nft {
 public:
  explicit Nft(int count) {
    char folder[] = "/tmp/sunder-bench-XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = folder;
    const auto request = Endpoints(count);
    for (GateId gate : {kGate, kNext}) {
      std::ofstream(File(gate)) << ToNft(ProgramOf(gate, *request));
    }
    std::ofstream(File(0)) << "delete table inet " << agent::TableName(kGate)
                           << "\n"
                           << ToNft(ProgramOf(kNext, *request));
  }
  ~Nft() {
    for (GateId gate : {GateId{0}, kGate, kNext}) {
      unlink(File(gate).c_str());
    }
    rmdir(folder_.c_str());
  }
  Nft(const Nft&) = delete;
  Nft& operator=(const Nft&) = delete;

  void Apply(GateId gate) { Run({"nft", "-f", File(gate)}); }
  void ReadBack(GateId) {}
  void Open(GateId) {}
  void Update() { Run({"nft", "-f", File(0)}); }
  void Remove(GateId gate) {
    Run({"nft", "delete", "table", "inet", agent::TableName(gate)});
  }

 private:
  std::string File(GateId gate) const {
    return absl::StrCat(folder_, "/", gate);
  }
  std::string folder_;
};

// Each returns the seconds that the operation takes, and leaves nothing behind.
template <typename Contestant>
double ApplySeconds(Contestant& contestant) {
  const double seconds = Seconds([&] { contestant.Apply(kGate); });
  contestant.Remove(kGate);
  return seconds;
}

template <typename Contestant>
double UpdateSeconds(Contestant& contestant) {
  contestant.Apply(kGate);
  contestant.Open(kGate);
  const double seconds = Seconds([&] { contestant.Update(); });
  contestant.Remove(kNext);
  return seconds;
}

template <typename Contestant>
double RemoveSeconds(Contestant& contestant) {
  contestant.Apply(kGate);
  contestant.Open(kGate);
  return Seconds([&] { contestant.Remove(kGate); });
}

template <double (*kOwn)(Sunder&), double (*kFloor)(Floor&)>
void AgainstFloor(::benchmark::State& state) {
  Sunder sunder(static_cast<int>(state.range(0)));
  Floor floor(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    Pair(
        state, [&] { return kOwn(sunder); }, [&] { return kFloor(floor); });
  }
}

template <double (*kSeconds)(Nft&)>
void ByNft(::benchmark::State& state) {
  Nft nft(static_cast<int>(state.range(0)));
  for (auto _ : state) state.SetIterationTime(kSeconds(nft));
}

// What Sunder adds to the kernel's part, piece by piece.
void Parse(::benchmark::State& state) {
  const std::string bytes =
      Endpoints(static_cast<int>(state.range(0)))->SerializeAsString();
  for (auto _ : state) {
    Time(state, [&] { ::benchmark::DoNotOptimize(ParseRequest(bytes)); });
  }
}

void Compile(::benchmark::State& state) {
  const auto request = Endpoints(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    Time(state,
         [&] { ::benchmark::DoNotOptimize(ProgramOf(kGate, *request)); });
  }
}

void Encode(::benchmark::State& state) {
  const agent::Program program =
      ProgramOf(kGate, *Endpoints(static_cast<int>(state.range(0))));
  for (auto _ : state) {
    Time(state, [&] {
      agent::nft::Batch batch(1);
      agent::nft::AddStage(program, batch);
      ::benchmark::DoNotOptimize(batch.bytes().data());
    });
  }
}

// The first read-back, which compares every element; then one that need not.
void ReadBackWhole(::benchmark::State& state) {
  Sunder sunder(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    sunder.Apply(kGate);
    Time(state, [&] { sunder.ReadBack(kGate); });
    sunder.Remove(kGate);
  }
}

void ReadBackAgain(::benchmark::State& state) {
  Sunder sunder(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    sunder.Apply(kGate);
    sunder.ReadBack(kGate);
    Time(state, [&] { sunder.ReadBack(kGate); });
    sunder.Remove(kGate);
  }
}

constexpr int kForks = 200;

// iptables for each of 200 endpoints; the time is that of one.
template <char kVerb>
void Iptables(::benchmark::State& state) {
  const auto all = [](const char* verb) {
    for (int i = 0; i < kForks; ++i) {
      Run({"iptables", "-w", verb, "INPUT", "-s", EndpointAddress(i), "-p",
           "tcp", "--sport", absl::StrCat(kEndpointPort), "-j", "DROP"});
    }
  };
  for (auto _ : state) {
    if (kVerb == 'D') all("-A");
    state.SetIterationTime(Seconds([&] { all(kVerb == 'A' ? "-A" : "-D"); }) /
                           kForks);
    if (kVerb == 'A') all("-D");
  }
}

void Settings(::benchmark::internal::Benchmark* b) {
  b->UseManualTime()->Iterations(1)->Unit(::benchmark::kMicrosecond);
}

void Small(::benchmark::internal::Benchmark* b) {
  Settings(b);
  b->Arg(100)->Arg(1000)->Arg(10'000)->Repetitions(101);
}

void Large(::benchmark::internal::Benchmark* b) {
  Settings(b);
  b->Arg(100'000)->Repetitions(15);
}

void Slow(::benchmark::internal::Benchmark* b) {
  Settings(b);
  b->Arg(100)->Arg(1000)->Arg(10'000)->Repetitions(7);
}

void Slowest(::benchmark::internal::Benchmark* b) {
  Settings(b);
  b->Arg(100'000)->Repetitions(3);
}

#define SUNDER_FAST(name, ...)                      \
  BENCHMARK(__VA_ARGS__)->Name(name)->Apply(Small); \
  BENCHMARK(__VA_ARGS__)->Name(name)->Apply(Large)
#define SUNDER_SLOW(name, ...)                     \
  BENCHMARK(__VA_ARGS__)->Name(name)->Apply(Slow); \
  BENCHMARK(__VA_ARGS__)->Name(name)->Apply(Slowest)

SUNDER_FAST("apply/sunder", AgainstFloor<ApplySeconds, ApplySeconds>);
SUNDER_SLOW("apply/nft", ByNft<ApplySeconds>);
SUNDER_FAST("update/sunder", AgainstFloor<UpdateSeconds, UpdateSeconds>);
SUNDER_SLOW("update/nft", ByNft<UpdateSeconds>);
SUNDER_FAST("remove/sunder", AgainstFloor<RemoveSeconds, RemoveSeconds>);
SUNDER_SLOW("remove/nft", ByNft<RemoveSeconds>);
SUNDER_FAST("stage/parse", Parse);
SUNDER_FAST("stage/compile", Compile);
SUNDER_FAST("stage/encode", Encode);
SUNDER_FAST("read/whole", ReadBackWhole);
SUNDER_FAST("read/again", ReadBackAgain);
BENCHMARK(Iptables<'A'>)
    ->Name("apply/iptables")
    ->Apply(Settings)
    ->Repetitions(3);
BENCHMARK(Iptables<'D'>)
    ->Name("remove/iptables")
    ->Apply(Settings)
    ->Repetitions(3);

}  // namespace
}  // namespace sunder::bench
