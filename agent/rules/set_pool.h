// Makes the sets of one Program: names them, and gives rules that look for the
// same values the same set. Lives while one Program is built.

#ifndef SUNDER_AGENT_RULES_SET_POOL_H_
#define SUNDER_AGENT_RULES_SET_POOL_H_

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "agent/rules/box.h"
#include "agent/rules/program.h"

namespace sunder::agent {

class SetPool {
 public:
  // `program` must outlive this.
  explicit SetPool(Program& program) : program_(program) {}

  // A hash set of `keys` (as in Set), of which equal ones become one.
  InSet AddHash(Family family, std::vector<Field> fields, std::string keys);

  // How a rule asks for one of `choice`, which is normalized and not kAny.
  Match ForChoice(Family family, Field field, const Choice& choice);

  // The protocols that have ports.
  Match WithPorts();

 private:
  using Content = std::tuple<Family, Field, bool, std::string>;

  Match Shared(Family family, Field field, bool interval, std::string keys);
  InSet Append(Set set);

  Program& program_;
  std::map<Content, InSet> shared_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_SET_POOL_H_
