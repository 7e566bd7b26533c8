// Collects boxes and turns them into rules of a Program. Pure.
//
// A box of few single values is multiplied out into keys of a hash set that is
// shared by all such boxes looking at the same fields: one look-up a packet,
// whatever their number. Any other box is kept, merged with its like, and
// becomes a rule with one set for each field.

#ifndef SUNDER_AGENT_RULES_ASSEMBLER_H_
#define SUNDER_AGENT_RULES_ASSEMBLER_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/rules/box.h"
#include "agent/rules/program.h"
#include "agent/rules/set_pool.h"

namespace sunder::agent {

class Assembler {
 public:
  void Add(const BoxView& box);

  // Of all keys so far, before those that came twice are dropped.
  size_t key_bytes() const { return key_bytes_; }

  // Appends to `rules`; their sets are made by `pool`. Once.
  void Finish(SetPool& pool, std::vector<Rule>& rules) &&;

 private:
  // The fields a group's boxes look at; each of their bits is an index below.
  struct Shape {
    Family family;
    Protocols protocols;
    PortSide port_side;
    bool has_source, has_destination;
    size_t Index() const;
    std::vector<Field> KeyFields() const;
  };
  struct Group {
    Shape shape;
    std::string keys;
  };
  static constexpr size_t kShapes = size_t{2} * 3 * 3 * 2 * 2;

  static Shape ShapeOf(const BoxView& box);
  // Appends the product of the box's choices to the keys of its shape's set.
  static void AddKeys(const BoxView& box, const Shape& shape,
                      std::string& keys);
  static Rule GroupRule(Group group, SetPool& pool);
  static Rule BoxRule(const Box& box, SetPool& pool);

  std::array<std::optional<Group>, kShapes> groups_;
  std::vector<Box> boxes_;
  size_t key_bytes_ = 0;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_ASSEMBLER_H_
