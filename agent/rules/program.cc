#include "agent/rules/program.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace sunder::agent {
namespace {

constexpr absl::string_view kTablePrefix = "sunder_";

}  // namespace

std::string TableName(GateId gate) {
  return absl::StrFormat("%s%08x", kTablePrefix, gate);
}

std::optional<GateId> GateOfTable(absl::string_view name) {
  if (name.size() != kTablePrefix.size() + 8 ||
      name.substr(0, kTablePrefix.size()) != kTablePrefix) {
    return std::nullopt;
  }
  const absl::string_view digits = name.substr(kTablePrefix.size());
  GateId gate = 0;
  if (digits.find_first_not_of("0123456789abcdef") != absl::string_view::npos ||
      !absl::SimpleHexAtoi(digits, &gate)) {
    return std::nullopt;
  }
  return gate;
}

size_t FieldBytes(Field field, Family family) {
  switch (field) {
    case Field::kSource:
    case Field::kDestination:
      return family == Family::kIpv4 ? 4 : 16;
    case Field::kProtocol:
    case Field::kIcmpType:
      return 1;
    case Field::kSourcePort:
    case Field::kDestinationPort:
      return 2;
  }
  std::abort();
}

size_t PaddedFieldBytes(Field field, Family family) {
  return (FieldBytes(field, family) + 3) / 4 * 4;
}

size_t Set::ValueBytes() const {
  if (fields.size() == 1) return FieldBytes(fields[0], family);
  size_t bytes = 0;
  for (Field field : fields) bytes += PaddedFieldBytes(field, family);
  return bytes;
}

}  // namespace sunder::agent
