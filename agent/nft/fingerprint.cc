#include "agent/nft/fingerprint.h"

#include <cstring>
#include <map>
#include <string>

#include "agent/nft/attributes.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;  // Odd, of random bits.

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * kFactor;
  return hash ^ hash >> 29;
}

// In one order and form, with lengths, so that no two rules look the same.
void Append(uint16_t type, absl::string_view value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&type), sizeof type);
  const auto length = static_cast<uint32_t>(value.size());
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(value.data(), value.size());
}

// Attributes that are nests of data, by their expression.
bool HoldsData(absl::string_view expression, uint16_t attribute) {
  return (expression == "cmp" && attribute == NFTA_CMP_DATA) ||
         (expression == "immediate" && attribute == NFTA_IMMEDIATE_DATA) ||
         (expression == "bitwise" &&
          (attribute == NFTA_BITWISE_MASK || attribute == NFTA_BITWISE_XOR));
}

absl::Status AppendData(absl::string_view data, std::string& out) {
  return ForEachAttribute(data, [&](const Attribute& a) {
    if (a.type != NFTA_DATA_VERDICT) {
      Append(a.type, a.value, out);
      return absl::OkStatus();
    }
    return ForEachAttribute(a.value, [&](const Attribute& verdict) {
      Append(verdict.type, verdict.value, out);
      return absl::OkStatus();
    });
  });
}

// A number that is zero is as good as none.
bool IsZero(absl::string_view value) {
  return value.size() == sizeof(uint32_t) &&
         value == absl::string_view("\0\0\0\0", 4);
}

absl::Status AppendExpression(absl::string_view expression, std::string& out) {
  absl::string_view name, data;
  absl::Status s = ForEachAttribute(expression, [&](const Attribute& a) {
    if (a.type == NFTA_EXPR_NAME) name = a.value;
    if (a.type == NFTA_EXPR_DATA) data = a.value;
    return absl::OkStatus();
  });
  if (!s.ok()) return s;
  name = name.substr(0, name.find('\0'));
  Append(NFTA_EXPR_NAME, name, out);
  if (name == "counter") return absl::OkStatus();
  std::map<uint16_t, std::string> sorted;
  s = ForEachAttribute(data, [&](const Attribute& a) {
    if (HoldsData(name, a.type)) return AppendData(a.value, sorted[a.type]);
    if (!IsZero(a.value)) sorted[a.type] = std::string(a.value);
    return absl::OkStatus();
  });
  for (const auto& [type, value] : sorted) Append(type, value, out);
  return s;
}

}  // namespace

uint64_t Fingerprint(absl::string_view bytes) {
  const size_t size = bytes.size();
  uint64_t hash = kFactor, word = 0;
  while (bytes.size() >= sizeof word) {
    std::memcpy(&word, bytes.data(), sizeof word);
    hash = Mix(hash, word);
    bytes.remove_prefix(sizeof word);
  }
  if (!bytes.empty()) {
    word = 0;
    for (const char c : bytes) word = word << 8 | static_cast<uint8_t>(c);
    hash = Mix(hash, word);
  }
  return Mix(hash, size);
}

uint64_t ElementFingerprint(absl::string_view key, bool ends_interval) {
  return Mix(Fingerprint(key), ends_interval ? 1 : 0);
}

absl::StatusOr<uint64_t> RuleFingerprint(absl::string_view expressions) {
  std::string canonical;
  absl::Status s = ForEachAttribute(expressions, [&](const Attribute& a) {
    return AppendExpression(a.value, canonical);
  });
  if (!s.ok()) return s;
  return Fingerprint(canonical);
}

}  // namespace sunder::agent::nft
