// Test only: a real kernel and its model, which are asked the same. What one
// answers and what becomes of packets must be so in the other; a difference
// ends the comparison and is kept with all that led to it.
//
// The real one runs on real time: it counts leases in ticks, and ticks may come
// late. So nothing is compared near an instant at which something begins or
// ends: the twin waits until it has passed. A comparison that the scheduler
// pushed there all the same is counted apart, and the tables concerned are
// removed from both.

#ifndef SUNDER_AGENT_KERNEL_TWIN_H_
#define SUNDER_AGENT_KERNEL_TWIN_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/core/model_kernel.h"
#include "agent/kernel/nft_kernel.h"
#include "agent/kernel/test_lab.h"
#include "common/instant.h"

namespace sunder::agent {

class Twin {
 public:
  // In the calling thread, which is in `lab`. Whatever rules are there go.
  // What is asked while the kernel's ticks are more than `tick` behind its
  // clock is not compared.
  Twin(Lab& lab, absl::Duration tick);

  void Stage(GateId gate, const v1::StageRequest& request);
  void Arm(GateId gate, absl::Duration start_in, absl::Duration expiry_in);
  void Open(GateId gate);
  void Shut(GateId gate);
  void Refresh(GateId gate, absl::Duration expiry_in);
  void Remove(GateId gate);
  void Read(GateId gate);
  void List();

  void SendPacket(const std::string& source);
  void Wait(absl::Duration duration);
  // Another process takes the agent's place.
  void Restart();
  // What an operator does by `nft`, where TABLE stands for the gate's table;
  // and, if nft could do it, what that is in the model.
  void Foreign(const std::string& name, GateId gate, const std::string& command,
               const std::function<void(ModelKernel&)>& model);

  ModelKernel& model() { return model_; }
  // How near to a beginning or an end nothing is compared.
  absl::Duration edge() const { return edge_; }
  // Empty while none was found.
  const std::string& difference() const { return difference_; }
  const std::vector<std::string>& log() const { return log_; }
  int compared() const { return compared_; }
  int not_compared() const { return not_compared_; }
  // How far leases were beside the model's at most.
  absl::Duration early() const { return early_; }
  absl::Duration late() const { return late_; }
  // How often there was which answer: "Refresh NOT_FOUND", "Packet dropped".
  const std::map<std::string, int>& answers() const { return answers_; }

 private:
  struct Outcome {
    absl::Status status;
    std::vector<KernelFault> faults;  // By gate.
    bool dropped = false;
  };
  struct Known {
    std::set<std::string> sources;
    std::set<BootInstant> edges;
  };
  enum class Changes { kNothing, kTables, kLease };
  struct Call {
    std::string name;
    std::string arguments = {};
    std::set<GateId> gates = {};  // Whose edges matter.
    Changes changes = Changes::kTables;
    BootInstant expiry = {};  // Of the lease it sets.
    std::function<Outcome()> real = {}, model = {};
  };

  void Do(const Call& call);
  // `ask` of both.
  void Ask(Call call, std::function<Outcome(Kernel&)> ask);
  void SetClock(BootInstant now);
  bool IsNearEdge(const std::set<GateId>& gates, BootInstant from,
                  BootInstant to) const;
  // Whether what became of the call, which took so long, is not certain.
  // `lag`: how far ticks were then behind.
  bool IsDoubtful(const Call& call, const Outcome& real, BootInstant before,
                  BootInstant after, absl::Duration lag) const;
  void AwaitClear(const std::set<GateId>& gates);
  void Forget(const std::set<GateId>& gates);
  void Note(const Call& call, const std::string& answer);
  std::string Compare(const Outcome& real, const Outcome& model,
                      absl::Duration took);
  std::string Compare(const KernelFault& real, const KernelFault& model,
                      absl::Duration took);

  Lab& lab_;
  const absl::Duration tick_, edge_;
  const BootInstant begin_;
  ModelClock clock_;
  ModelKernel model_{&clock_};
  std::unique_ptr<NftKernel> real_;
  std::map<GateId, Known> known_;
  std::string difference_;
  std::vector<std::string> log_;
  std::map<std::string, int> answers_;
  int compared_ = 0, not_compared_ = 0;
  absl::Duration early_, late_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_TWIN_H_
