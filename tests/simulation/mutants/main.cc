// Takes the guards out of the cores, one by one, and lets random walks look for
// a violation of the invariants: simulation_mutants STEPS [NAME...]
//
// For each: its name, the rule that it broke, the seed and the steps until it
// was found. Exits with 1 if one was not found within STEPS steps, or if the
// cores as they are fail in that many.

#include <iostream>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "tests/simulation/mutants/mutant.h"
#include "tests/simulation/script.h"
#include "tests/simulation/walk.h"

namespace sunder::simulation {
namespace {

struct Found {
  uint32_t seed = 0;  // 0: not found.
  uint64_t steps = 0;
  std::string violation;
};

Found Look(uint64_t most) {
  Found found;
  for (uint32_t seed = 1; found.steps < most; ++seed) {
    const Outcome outcome = Play(DrawScript(seed));
    found.steps += outcome.steps;
    if (outcome.violation.empty()) continue;
    found.seed = seed;
    found.violation = outcome.violation;
    return found;
  }
  return found;
}

bool TellHonest(uint64_t most) {
  living_mutant = 0;
  const Found found = Look(most);
  std::cout << "none: " << found.steps << " steps "
            << (found.seed == 0 ? "held" : found.violation) << std::endl;
  return found.seed == 0;
}

bool TellMutant(const Mutant& mutant, uint64_t most) {
  const Found found = Look(most);
  if (found.seed == 0) {
    std::cout << "NOT FOUND " << mutant.name << " (" << mutant.rule << ") in "
              << found.steps << " steps" << std::endl;
    return false;
  }
  std::cout << mutant.name << " (" << mutant.rule << "): seed " << found.seed
            << ", " << found.steps << " steps: "
            << found.violation.substr(0, 100) << std::endl;
  return true;
}

int Run(uint64_t most, const std::vector<std::string>& names) {
  int failed = TellHonest(most) ? 0 : 1;
  int asked = 0;
  for (size_t i = 0; i < Mutants().size(); ++i) {
    const Mutant& mutant = Mutants()[i];
    if (!names.empty() && !absl::c_linear_search(names, mutant.name)) continue;
    living_mutant = static_cast<int>(i) + 1;
    ++asked;
    failed += TellMutant(mutant, most) ? 0 : 1;
  }
  std::cout << asked + 1 - failed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sunder::simulation

int main(int argc, char** argv) {
  uint64_t most = 0;
  if (argc < 2 || !absl::SimpleAtoi(argv[1], &most)) {
    std::cerr << "simulation_mutants STEPS [NAME...]\n";
    return 2;
  }
  return sunder::simulation::Run(most, {argv + 2, argv + argc});
}
