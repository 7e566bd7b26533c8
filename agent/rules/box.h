// A box: packets of which each field may have any of some values, independently
// of the other fields. Flows and protected tuples fall apart into boxes; boxes
// that differ in one field only are one larger box. Values, pure.

#ifndef SUNDER_AGENT_RULES_BOX_H_
#define SUNDER_AGENT_RULES_BOX_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "agent/rules/program.h"

namespace sunder::agent {

// A field's value in network byte order; bytes behind the field's end are zero.
using Value = std::array<uint8_t, 16>;

struct Range {
  Value first{}, last{};
  friend auto operator<=>(const Range&, const Range&) = default;
};

// The values that one field may have. Single ones and ranges do not mix: they
// want different kinds of set.
struct Choice {
  enum class Kind : uint8_t { kAny, kSingles, kRanges };
  Kind kind = Kind::kAny;
  std::vector<Range> ranges;  // Of kSingles: first == last. Of kAny: none.
  friend auto operator<=>(const Choice&, const Choice&) = default;
};

enum class Protocols : uint8_t { kAny, kWithPorts, kOne };
enum class PortSide : uint8_t { kNone, kSource, kDestination };

struct Box {
  Family family = Family::kIpv4;
  Protocols protocols = Protocols::kAny;
  uint8_t protocol = 0;  // For kOne.
  PortSide port_side = PortSide::kNone;
  Choice source, destination, ports;
};

// A box whose choices belong to somebody else: most boxes are read once and not
// kept.
struct BoxView {
  Family family = Family::kIpv4;
  Protocols protocols = Protocols::kAny;
  uint8_t protocol = 0;
  PortSide port_side = PortSide::kNone;
  const Choice* source = nullptr;
  const Choice* destination = nullptr;
  const Choice* ports = nullptr;

  Box Copy() const {
    return {family,  protocols,    protocol, port_side,
            *source, *destination, *ports};
  }
};

// Whether the product of `factors`, of which none is 0, is `most` or less.
bool ProductIsAtMost(std::initializer_list<size_t> factors, size_t most);

// Sorts ranges of `bytes` long values, and joins those that touch or overlap.
void Normalize(std::vector<Range>& ranges, size_t bytes);

// Joins boxes that are the same but for one field's choice. What the boxes
// contain together stays what it was. All choices come out normalized.
void Merge(std::vector<Box>& boxes);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_BOX_H_
