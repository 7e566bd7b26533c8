// Has every host of a plan check and compile its part, in parallel, and
// installs nothing. Owned by its own calls; lives in the loop's thread.

#ifndef SUNDER_CONTROLLER_API_DRY_RUN_H_
#define SUNDER_CONTROLLER_API_DRY_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controller/fleet/fleet.h"
#include "sunder/controller/v1/controller.pb.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class DryRun : public std::enable_shared_from_this<DryRun> {
 public:
  using Done = std::function<void(const std::vector<v1::HostRuleset>&)>;

  // Calls `done` once, with one entry for each host of `plan`.
  static void Begin(Fleet& fleet, uint64_t term, const sunder::v1::Plan& plan,
                    Done done);

 private:
  DryRun(Fleet& fleet, uint64_t term, const sunder::v1::Plan& plan, Done done);
  void Describe(int index);
  void Stage(int index, const agent::v1::DescribeResponse& agent);
  void Answer(int index, const absl::StatusOr<std::string>& ruleset);

  Fleet& fleet_;
  const uint64_t term_;
  const std::string fault_id_;
  const sunder::v1::Plan plan_;
  const Done done_;
  int open_;  // Hosts without an answer.
  std::vector<v1::HostRuleset> rulesets_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_DRY_RUN_H_
