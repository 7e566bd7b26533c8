// Which mutant of the cores lives. Only in the program simulation_mutants: the
// cores that are shipped know nothing of this.

#ifndef SUNDER_TESTS_SIMULATION_MUTANTS_MUTANT_H_
#define SUNDER_TESTS_SIMULATION_MUTANTS_MUTANT_H_

#include <string>
#include <vector>

namespace sunder {

struct Mutant {
  std::string name;
  // Another mutant that lives with it, where two guards keep the rule; or "".
  std::string with;
};

extern bool lives[];                   // In their order.
const std::vector<Mutant>& Mutants();  // In their order.

}  // namespace sunder

#endif  // SUNDER_TESTS_SIMULATION_MUTANTS_MUTANT_H_
