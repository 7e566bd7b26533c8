// Has living faults follow their members: when the topology has changed, each
// is planned anew in a worker, and the core is told what came of it.

#ifndef SUNDER_CONTROLLER_API_FOLLOWER_H_
#define SUNDER_CONTROLLER_API_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "controller/api/engine.h"
#include "controller/api/workers.h"
#include "controller/discovery/discovery.h"
#include "controller/planner/deployment.h"

namespace sunder::controller {

class Follower {
 public:
  Follower(Engine& engine, Discovery& discovery,
           std::function<Deployment()> deployment);

  // The topology has changed, or did since a fault was planned.
  // Thread-safe; of several calls the last one counts.
  void Look();
  // How often that was called. What is planned by now knows of all before.
  uint64_t looks() const { return looks_; }
  void Stop() { worker_.Stop(); }

 private:
  struct Living {
    std::string id;
    sunder::v1::FaultSpec spec;
    sunder::v1::Plan plan;
  };
  std::vector<Living> Gather();
  void PlanAnew(const std::vector<Living>& faults, uint64_t look,
                const std::stop_token& stop);

  Engine& engine_;
  Discovery& discovery_;
  const std::function<Deployment()> deployment_;
  std::atomic<uint64_t> looks_ = 0;
  Workers worker_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_FOLLOWER_H_
