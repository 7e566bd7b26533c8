// What one fault is in the kernel, as plain values: sets, and the rules that
// look into them. It is one table `inet sunder_<gate>`; beside what a Program
// lists, that table has (named below) a gate that is shut until the fault
// begins, a lease set, without whose element nothing is dropped, and a mark
// that it was never armed. Values only: no owner, copy and share as you like.
// Made by Compile, carried to the kernel by agent/nft, printed by ToNft.
//
// Most packets of a host are not cut, so they pay least: the base chain asks
// only what the fault cuts. Whether it has begun, whom it spares and whether
// the lease lives is asked of packets that would else be dropped.

#ifndef SUNDER_AGENT_RULES_PROGRAM_H_
#define SUNDER_AGENT_RULES_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "agent/core/kernel.h"

namespace sunder::agent {

// Names inside a fault's table.
inline constexpr char kLeaseSet[] = "lease";  // At most one timed element.
// The base chain: Program::cuts, in order. What one matches goes to the gate.
inline constexpr char kCutsChain[] = "cuts";
inline constexpr char kGateChain[] = "gate";  // Empty, or: go to doomed.
// Program::spares, in order, and then one counted drop under the lease.
inline constexpr char kDoomedChain[] = "doomed";
inline constexpr char kUnarmedChain[] = "unarmed";  // Deleted by the first Arm.

// "sunder_0000002a", and back. nullopt: not the name of a fault's table.
std::string TableName(GateId gate);
std::optional<GateId> GateOfTable(absl::string_view name);

enum class Family : uint8_t { kIpv4, kIpv6 };

// What a rule reads of a packet.
enum class Field : uint8_t {
  kSource,
  kDestination,
  kProtocol,
  kSourcePort,
  kDestinationPort,
  kIcmpType,
};

// Bytes of `field` on the wire, and in a key (whole 32-bit registers).
size_t FieldBytes(Field field, Family family);
size_t PaddedFieldBytes(Field field, Family family);

struct Set {
  std::string name;
  Family family = Family::kIpv4;  // Of its addresses, if it has any.
  std::vector<Field> fields;      // More than one: concatenated.
  bool interval = false;  // Ranges of one field that neither touch nor overlap.
  // Keys one after the other, each KeyBytes() long, in network byte order,
  // every field of a concatenation padded by zeros at its end. With `interval`
  // a key is the first value of a range and then its last.
  std::string keys;

  size_t ValueBytes() const;
  size_t KeyBytes() const { return interval ? 2 * ValueBytes() : ValueBytes(); }
  size_t size() const { return keys.size() / KeyBytes(); }
  friend bool operator==(const Set&, const Set&) = default;
};

// The set's fields, taken from the packet, are in the set.
struct InSet {
  size_t set = 0;  // Index into Program::sets
  friend bool operator==(const InSet&, const InSet&) = default;
};

// One field has one value: FieldBytes() in network byte order.
struct Equals {
  Field field = Field::kProtocol;
  std::string value;
  friend bool operator==(const Equals&, const Equals&) = default;
};

using Match = std::variant<InSet, Equals>;

// All matches must hold; the first that does not ends it.
struct Rule {
  Family family = Family::kIpv4;
  std::vector<Match> matches;
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct Program {
  GateId gate = 0;
  FaultKey key;
  std::vector<Set> sets;
  std::vector<Rule> cuts;    // What one matches is dropped,
  std::vector<Rule> spares;  // but for what one of these matches.
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_PROGRAM_H_
