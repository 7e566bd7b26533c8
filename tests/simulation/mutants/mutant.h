// Which mutant of the cores lives. Only in the program simulation_mutants: the
// cores that are shipped know nothing of this.

#ifndef SUNDER_TESTS_SIMULATION_MUTANTS_MUTANT_H_
#define SUNDER_TESTS_SIMULATION_MUTANTS_MUTANT_H_

#include <string>
#include <vector>

namespace sunder {

struct Mutant {
  std::string name;
  std::string rule;  // What the guard keeps that it lacks.
};

extern int living_mutant;              // From 1 on; 0: none.
const std::vector<Mutant>& Mutants();  // In their order.

}  // namespace sunder

#endif  // SUNDER_TESTS_SIMULATION_MUTANTS_MUTANT_H_
