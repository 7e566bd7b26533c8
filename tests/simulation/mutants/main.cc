// Takes one guard out of the cores and lets random walks look for a violation
// of the invariants.
//
//   simulation_mutants STEPS NAME
//
// looks for at most so many steps for the mutant NAME of guards.yaml; `none` is
// the cores as they are. Says the seed and the steps until it was found, and
// what was violated; exits with 1 if it was not.

#include <cstdint>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/simulation/mutants/mutant.h"
#include "tests/simulation/script.h"
#include "tests/simulation/walk.h"

namespace sunder::simulation {
namespace {

bool Choose(const std::string& name) {
  bool found = name == "none";
  for (size_t i = 0; i < Mutants().size(); ++i) {
    if (Mutants()[i].name != name) continue;
    lives[i] = found = true;
    if (!Mutants()[i].with.empty()) found = Choose(Mutants()[i].with);
  }
  return found;
}

int Look(uint64_t most) {
  uint64_t steps = 0;
  for (uint32_t seed = 1; steps < most; ++seed) {
    const Outcome outcome = Play(DrawScript(seed));
    steps += outcome.steps;
    if (outcome.violation.empty()) continue;
    std::cout << "seed " << seed << ", " << steps
              << " steps: " << outcome.violation.substr(0, 120) << "\n";
    return 0;
  }
  std::cout << "not found in " << steps << " steps\n";
  return 1;
}

}  // namespace
}  // namespace sunder::simulation

int main(int argc, char** argv) {
  uint64_t most = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &most) ||
      !sunder::simulation::Choose(argv[2])) {
    std::cerr << "simulation_mutants STEPS NAME\n";
    return 2;
  }
  return sunder::simulation::Look(most);
}
