#include "common/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sunder {
namespace {

constexpr std::array<uint8_t, 12> kMappedV4 = {0, 0, 0, 0, 0,    0,
                                               0, 0, 0, 0, 0xff, 0xff};

// Byte `index` of a netmask of `length` bits.
uint8_t MaskByte(int length, int index) {
  const int bits = std::clamp(length - 8 * index, 0, 8);
  return static_cast<uint8_t>(0xff00u >> bits);
}

}  // namespace

std::optional<uint32_t> ParseV4(absl::string_view text) {
  uint32_t number = 0;
  size_t at = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (at == text.size() || text[at] != '.') return std::nullopt;
      ++at;
    }
    const size_t begin = at;
    uint32_t value = 0;
    while (at < text.size() && absl::ascii_isdigit(text[at])) {
      value = value * 10 + static_cast<uint32_t>(text[at++] - '0');
      if (value > 255) return std::nullopt;
    }
    if (at == begin) return std::nullopt;
    if (text[begin] == '0' && at > begin + 1) return std::nullopt;  // "01"
    number = number << 8 | value;
  }
  if (at != text.size()) return std::nullopt;
  return htonl(number);
}

Address Address::V4(std::array<uint8_t, 4> bytes) {
  Address a;
  std::copy(bytes.begin(), bytes.end(), a.bytes_.begin());
  return a;
}

Address Address::V6(std::array<uint8_t, 16> bytes) {
  if (std::equal(kMappedV4.begin(), kMappedV4.end(), bytes.begin())) {
    return V4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  Address a;
  a.v6_ = true;
  a.bytes_ = bytes;
  return a;
}

absl::StatusOr<Address> Address::Parse(absl::string_view text) {
  if (const auto v4 = ParseV4(text)) {
    return V4(std::bit_cast<std::array<uint8_t, 4>>(*v4));
  }
  char terminated[INET6_ADDRSTRLEN];
  // A NUL inside the text would end it early for inet_pton.
  if (text.size() < sizeof terminated &&
      text.find('\0') == absl::string_view::npos) {
    std::memcpy(terminated, text.data(), text.size());
    terminated[text.size()] = '\0';
    std::array<uint8_t, 16> bytes{};
    if (inet_pton(AF_INET6, terminated, bytes.data()) == 1) return V6(bytes);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not an IPv4 or IPv6 address"));
}

std::string Address::ToString() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
  return text;
}

absl::StatusOr<Prefix> Prefix::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  absl::StatusOr<Address> address = Address::Parse(text.substr(0, slash));
  if (!address.ok()) return address.status();
  if (slash == absl::string_view::npos) return Of(*address);
  int length = -1;
  const absl::string_view digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(digits, &length) || length > address->bits()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" has no prefix length between 0 and ", address->bits()));
  }
  const Prefix prefix(*address, length);
  for (int i = 0; i < address->bits() / 8; ++i) {
    if ((address->bytes()[i] & ~MaskByte(length, i) & 0xff) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" has bits set behind its prefix length"));
    }
  }
  return prefix;
}

bool Prefix::Contains(const Address& address) const {
  if (address.is_v6() != address_.is_v6()) return false;
  for (int i = 0; i < address.bits() / 8; ++i) {
    if (((address.bytes()[i] ^ address_.bytes()[i]) & MaskByte(length_, i)) !=
        0) {
      return false;
    }
  }
  return true;
}

Address Prefix::Last() const {
  std::array<uint8_t, 16> bytes = address_.bytes();
  for (int i = 0; i < address_.bits() / 8; ++i) {
    bytes[i] = static_cast<uint8_t>(bytes[i] | (~MaskByte(length_, i) & 0xff));
  }
  if (address_.is_v6()) return Address::V6(bytes);
  return Address::V4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

std::string Prefix::ToString() const {
  if (is_single()) return address_.ToString();
  return absl::StrCat(address_.ToString(), "/", length_);
}

}  // namespace sunder
