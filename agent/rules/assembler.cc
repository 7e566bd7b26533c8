#include "agent/rules/assembler.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
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
bool IsWorthMultiplying(const BoxView& box) {
  constexpr size_t kLittle = 256;
  for (const Choice* choice : {box.source, box.destination, box.ports}) {
    if (choice->kind == Choice::Kind::kRanges) return false;
  }
  const size_t sources = Factor(*box.source).size();
  const size_t destinations = Factor(*box.destination).size();
  const size_t ports = Factor(*box.ports).size();
  const size_t longest = std::max({sources, destinations, ports});
  return ProductIsAtMost({sources, destinations, ports},
                         std::max(kLittle, 2 * longest));
}

// Writes the first `bytes` of a value; returns where they end. All of the value
// is copied: what comes next is put over the rest, and a length that the
// compiler knows takes one instruction. There may be 100,000.
char* Put(char* to, const Value& value, size_t bytes) {
  std::memcpy(to, value.data(), sizeof value);
  return to + bytes;
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

Assembler::Shape Assembler::ShapeOf(const BoxView& box) {
  return {box.family, box.protocols, box.port_side,
          box.source->kind != Choice::Kind::kAny,
          box.destination->kind != Choice::Kind::kAny};
}

void Assembler::Add(const BoxView& box) {
  if (!IsWorthMultiplying(box)) {
    boxes_.push_back(box.Copy());
    return;
  }
  const Shape shape = ShapeOf(box);
  std::optional<Group>& group = groups_[shape.Index()];
  if (!group) group = Group{shape, {}};
  const size_t before = group->keys.size();
  AddKeys(box, shape, group->keys);
  key_bytes_ += group->keys.size() - before;
}

// Written in place: with thousands of keys this is where the time goes.
void Assembler::AddKeys(const BoxView& box, const Shape& shape,
                        std::string& keys) {
  const bool has_protocol = shape.protocols == Protocols::kOne;
  const bool has_port = shape.port_side != PortSide::kNone;
  const bool padded =
      shape.has_source + shape.has_destination + has_protocol + has_port > 1;
  const auto width = [&](bool present, Field field) -> size_t {
    if (!present) return 0;
    return padded ? PaddedFieldBytes(field, box.family)
                  : FieldBytes(field, box.family);
  };
  const size_t source_bytes = width(shape.has_source, Field::kSource);
  const size_t destination_bytes =
      width(shape.has_destination, Field::kDestination);
  const size_t protocol_bytes = width(has_protocol, Field::kProtocol);
  const size_t port_bytes = width(has_port, Field::kSourcePort);
  const Value protocol = {box.protocol};
  const std::vector<Range>& sources = Factor(*box.source);
  const std::vector<Range>& destinations = Factor(*box.destination);
  const std::vector<Range>& ports = Factor(*box.ports);
  const size_t before = keys.size();
  const size_t after =
      before +
      sources.size() * destinations.size() * ports.size() *
          (source_bytes + destination_bytes + protocol_bytes + port_bytes);
  keys.resize(after + sizeof(Value));
  char* to = &keys[before];
  for (const Range& source : sources) {
    for (const Range& destination : destinations) {
      for (const Range& port : ports) {
        to = Put(to, source.first, source_bytes);
        to = Put(to, destination.first, destination_bytes);
        to = Put(to, protocol, protocol_bytes);
        to = Put(to, port.first, port_bytes);
      }
    }
  }
  keys.resize(after);
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
