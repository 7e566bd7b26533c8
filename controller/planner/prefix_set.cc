#include "controller/planner/prefix_set.h"

#include <array>
#include <optional>

#include "absl/strings/str_cat.h"

namespace sunder::controller {
namespace {

// One half of `prefix`, which is no single address. nullopt for ::ffff:0:0/96:
// those addresses are IPv4's and never on the wire as IPv6.
std::optional<Prefix> Half(const Prefix& prefix, bool upper) {
  std::array<uint8_t, 16> bytes = prefix.address().bytes();
  const int bit = prefix.length();
  if (upper) bytes[bit / 8] |= static_cast<uint8_t>(0x80 >> (bit % 8));
  const Address address =
      prefix.address().is_v6()
          ? Address::V6(bytes)
          : Address::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
  if (address.is_v6() != prefix.address().is_v6()) return {};
  return *Prefix::Parse(absl::StrCat(address.ToString(), "/", bit + 1));
}

void AddWithout(const Prefix& prefix, absl::Span<const Prefix> holes,
                std::vector<Prefix>& left) {
  std::vector<Prefix> inside;
  for (const Prefix& hole : holes) {
    if (hole.length() <= prefix.length() && hole.Contains(prefix.address())) {
      return;
    }
    if (prefix.Contains(hole.address())) inside.push_back(hole);
  }
  if (inside.empty()) {
    left.push_back(prefix);
    return;
  }
  for (const bool upper : {false, true}) {
    const std::optional<Prefix> half = Half(prefix, upper);
    if (half) AddWithout(*half, inside, left);
  }
}

}  // namespace

std::vector<Prefix> Without(const Prefix& prefix,
                            absl::Span<const Prefix> holes) {
  std::vector<Prefix> left;
  AddWithout(prefix, holes, left);
  return left;
}

bool Overlap(const Prefix& a, const Prefix& b) {
  return a.length() <= b.length() ? a.Contains(b.address())
                                  : b.Contains(a.address());
}

const std::vector<Prefix>& Loopback() {
  static const auto* const kLoopback = new std::vector<Prefix>{
      *Prefix::Parse("127.0.0.0/8"), *Prefix::Parse("::1")};
  return *kLoopback;
}

bool IsLoopback(const Address& address) {
  for (const Prefix& prefix : Loopback()) {
    if (prefix.Contains(address)) return true;
  }
  return false;
}

}  // namespace sunder::controller
