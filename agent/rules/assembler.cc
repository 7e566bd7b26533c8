#include "agent/rules/assembler.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sunder::agent {
namespace {

// What a field that is not restricted contributes to a product of choices.
const std::vector<Range> kOnce(1);

const std::vector<Range>& Factor(const Choice& choice) {
  return choice.kind == Choice::Kind::kAny ? kOnce : choice.ranges;
}

// True where multiplying the box out costs no more than its own sets would, or
// little enough to be worth one look-up fewer.
bool IsWorthMultiplying(const Box& box) {
  constexpr size_t kLittle = 256;
  size_t product = 1, longest = 1;
  for (const Choice* choice : {&box.source, &box.destination, &box.ports}) {
    if (choice->kind == Choice::Kind::kRanges) return false;
    const size_t n = Factor(*choice).size();
    product *= n;  // At most 100,000 * 65,535 * ...: far below 2^64.
    longest = std::max(longest, n);
  }
  return product <= std::max(kLittle, 2 * longest);
}

void AppendField(const Value& value, Field field, Family family, bool padded,
                 std::string& keys) {
  keys.append(
      reinterpret_cast<const char*>(value.data()),
      padded ? PaddedFieldBytes(field, family) : FieldBytes(field, family));
}

Field PortField(PortSide side) {
  return side == PortSide::kSource ? Field::kSourcePort
                                   : Field::kDestinationPort;
}

}  // namespace

size_t Assembler::Shape::Index() const {
  size_t index = static_cast<size_t>(family);
  index = index * 3 + static_cast<size_t>(protocols);
  index = index * 3 + static_cast<size_t>(port_side);
  index = index * 2 + (has_source ? 1 : 0);
  return index * 2 + (has_destination ? 1 : 0);
}

std::vector<Field> Assembler::Shape::KeyFields() const {
  std::vector<Field> fields;
  if (has_source) fields.push_back(Field::kSource);
  if (has_destination) fields.push_back(Field::kDestination);
  if (protocols == Protocols::kOne) fields.push_back(Field::kProtocol);
  if (port_side != PortSide::kNone) fields.push_back(PortField(port_side));
  return fields;
}

Assembler::Shape Assembler::ShapeOf(const Box& box) {
  return {box.family, box.protocols, box.port_side,
          box.source.kind != Choice::Kind::kAny,
          box.destination.kind != Choice::Kind::kAny};
}

void Assembler::Add(const Box& box) {
  if (!IsWorthMultiplying(box)) {
    boxes_.push_back(box);
    return;
  }
  const Shape shape = ShapeOf(box);
  std::optional<Group>& group = groups_[shape.Index()];
  if (!group) group = Group{shape, {}};
  const bool has_protocol = shape.protocols == Protocols::kOne;
  const bool has_port = shape.port_side != PortSide::kNone;
  const bool padded =
      shape.has_source + shape.has_destination + has_protocol + has_port > 1;
  std::string& keys = group->keys;
  for (const Range& source : Factor(box.source)) {
    for (const Range& destination : Factor(box.destination)) {
      for (const Range& port : Factor(box.ports)) {
        if (shape.has_source) {
          AppendField(source.first, Field::kSource, box.family, padded, keys);
        }
        if (shape.has_destination) {
          AppendField(destination.first, Field::kDestination, box.family,
                      padded, keys);
        }
        if (has_protocol) {
          AppendField({box.protocol}, Field::kProtocol, box.family, padded,
                      keys);
        }
        if (has_port) {
          AppendField(port.first, Field::kSourcePort, box.family, padded, keys);
        }
      }
    }
  }
}

// The large set first: it is what a packet that is not cut is not in.
Rule Assembler::GroupRule(Group group, SetPool& pool) {
  Rule rule{group.shape.family, {}};
  if (std::vector<Field> fields = group.shape.KeyFields(); !fields.empty()) {
    rule.matches.push_back(pool.AddHash(group.shape.family, std::move(fields),
                                        std::move(group.keys)));
  }
  if (group.shape.protocols == Protocols::kWithPorts) {
    rule.matches.push_back(pool.WithPorts());
  }
  return rule;
}

// The comparison before the look-ups, which cost more.
Rule Assembler::BoxRule(const Box& box, SetPool& pool) {
  Rule rule{box.family, {}};
  if (box.protocols == Protocols::kOne) {
    rule.matches.push_back(
        Equals{Field::kProtocol, {static_cast<char>(box.protocol)}});
  }
  const auto add = [&](Field field, const Choice& choice) {
    if (choice.kind == Choice::Kind::kAny) return;
    rule.matches.push_back(pool.ForChoice(box.family, field, choice));
  };
  add(Field::kSource, box.source);
  add(Field::kDestination, box.destination);
  if (box.protocols == Protocols::kWithPorts) {
    rule.matches.push_back(pool.WithPorts());
  }
  if (box.port_side != PortSide::kNone) {
    add(PortField(box.port_side), box.ports);
  }
  return rule;
}

void Assembler::Finish(SetPool& pool, std::vector<Rule>& rules) && {
  for (std::optional<Group>& group : groups_) {
    if (group) rules.push_back(GroupRule(*std::move(group), pool));
  }
  Merge(boxes_);
  for (const Box& box : boxes_) rules.push_back(BoxRule(box, pool));
}

}  // namespace sunder::agent
