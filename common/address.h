// IPv4 and IPv6 addresses and prefixes as values.

#ifndef SUNDER_COMMON_ADDRESS_H_
#define SUNDER_COMMON_ADDRESS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder {

// What inet_pton(3) accepts as IPv4, in network byte order, in a third of its
// time: there may be 100,000 of them in one request. nullopt for other text.
std::optional<uint32_t> ParseV4(absl::string_view text);

class Address {
 public:
  // `text` is one address without prefix length, scope or brackets. IPv4-mapped
  // IPv6 ("::ffff:10.0.0.1") becomes IPv4: that is what is on the wire.
  static absl::StatusOr<Address> Parse(absl::string_view text);
  static Address V4(std::array<uint8_t, 4> bytes);
  static Address V6(std::array<uint8_t, 16> bytes);

  bool is_v6() const { return v6_; }
  int bits() const { return v6_ ? 128 : 32; }
  // Network byte order; the first bits()/8 bytes count.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  std::string ToString() const;

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  bool v6_ = false;
  std::array<uint8_t, 16> bytes_{};
};

class Prefix {
 public:
  // An address ("10.0.0.1": length 32) or "10.0.0.0/8". Bits behind the length
  // must be zero: "10.0.0.1/8" is refused, since one of its two halves is
  // wrong.
  static absl::StatusOr<Prefix> Parse(absl::string_view text);
  static Prefix Of(const Address& address) {
    return Prefix(address, address.bits());
  }

  const Address& address() const { return address_; }
  int length() const { return length_; }
  bool is_single() const { return length_ == address_.bits(); }
  bool Contains(const Address& address) const;
  Address Last() const;
  std::string ToString() const;  // A single address without its length.

  friend auto operator<=>(const Prefix&, const Prefix&) = default;

 private:
  Prefix(const Address& address, int length)
      : address_(address), length_(length) {}
  Address address_;
  int length_;
};

}  // namespace sunder

#endif  // SUNDER_COMMON_ADDRESS_H_
