#include "agent/nft/user_data.h"

#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sunder::agent::nft {
namespace {

constexpr uint8_t kVersion = 3;

enum Entry : uint8_t {
  kVersionEntry = 0x80,
  kFaultId,
  kGeneration,
  kDigest,
  kSets,
  kCuts,
  kSpares,
  kRuleKind,
  kRuleIndex,
  kCount,
  kFingerprint,
};

using Entries = std::map<uint8_t, absl::string_view>;

std::string BigEndian(uint64_t value, int bytes) {
  std::string out;
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> 8 * bytes));
  return out;
}

uint64_t FromBigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

void Put(uint8_t type, absl::string_view value, std::string& out) {
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(value.size()));
  out.append(value.data(), value.size());
}

std::string WithVersion() {
  std::string out;
  Put(kVersionEntry, BigEndian(kVersion, 1), out);
  return out;
}

absl::StatusOr<Entries> Split(absl::string_view bytes) {
  Entries entries;
  while (!bytes.empty()) {
    if (bytes.size() < 2 || bytes.size() - 2 < static_cast<uint8_t>(bytes[1])) {
      return absl::InvalidArgumentError("user data is cut off");
    }
    const auto length = static_cast<uint8_t>(bytes[1]);
    entries[static_cast<uint8_t>(bytes[0])] = bytes.substr(2, length);
    bytes.remove_prefix(2 + length);
  }
  const auto version = entries.find(kVersionEntry);
  if (version == entries.end() || version->second != BigEndian(kVersion, 1)) {
    return absl::InvalidArgumentError(
        "user data are not ours, or of another version");
  }
  return entries;
}

absl::StatusOr<absl::string_view> Find(const Entries& entries, uint8_t type) {
  const auto it = entries.find(type);
  if (it == entries.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("user data have no entry ", type));
  }
  return it->second;
}

absl::Status ReadNumber(const Entries& entries, uint8_t type, size_t bytes,
                        uint64_t& value) {
  const absl::StatusOr<absl::string_view> found = Find(entries, type);
  if (!found.ok()) return found.status();
  if (found->size() != bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("entry ", type, " of user data has ", found->size(),
                     " bytes, not ", bytes));
  }
  value = FromBigEndian(*found);
  return absl::OkStatus();
}

}  // namespace

std::string Encode(const TableTag& tag) {
  std::string out = WithVersion();
  Put(kFaultId, tag.key.fault_id, out);
  Put(kGeneration, BigEndian(tag.key.generation, 8), out);
  Put(kDigest, tag.key.digest, out);
  Put(kSets, BigEndian(tag.sets, 4), out);
  Put(kCuts, BigEndian(tag.cuts, 4), out);
  Put(kSpares, BigEndian(tag.spares, 4), out);
  return out;
}

std::string Encode(const RuleTag& tag) {
  std::string out = WithVersion();
  Put(kRuleKind, BigEndian(static_cast<uint8_t>(tag.kind), 1), out);
  Put(kRuleIndex, BigEndian(tag.index, 4), out);
  Put(kFingerprint, BigEndian(tag.fingerprint, 8), out);
  return out;
}

std::string Encode(const SetTag& tag) {
  std::string out = WithVersion();
  Put(kCount, BigEndian(tag.count, 4), out);
  Put(kFingerprint, BigEndian(tag.fingerprint, 8), out);
  return out;
}

absl::StatusOr<TableTag> DecodeTableTag(absl::string_view bytes) {
  const absl::StatusOr<Entries> entries = Split(bytes);
  if (!entries.ok()) return entries.status();
  const absl::StatusOr<absl::string_view> id = Find(*entries, kFaultId);
  if (!id.ok()) return id.status();
  const absl::StatusOr<absl::string_view> digest = Find(*entries, kDigest);
  if (!digest.ok()) return digest.status();
  uint64_t generation = 0, sets = 0, cuts = 0, spares = 0;
  absl::Status s = ReadNumber(*entries, kGeneration, 8, generation);
  if (s.ok()) s = ReadNumber(*entries, kSets, 4, sets);
  if (s.ok()) s = ReadNumber(*entries, kCuts, 4, cuts);
  if (s.ok()) s = ReadNumber(*entries, kSpares, 4, spares);
  if (!s.ok()) return s;
  return TableTag{{std::string(*id), generation, std::string(*digest)},
                  static_cast<uint32_t>(sets),
                  static_cast<uint32_t>(cuts),
                  static_cast<uint32_t>(spares)};
}

absl::StatusOr<RuleTag> DecodeRuleTag(absl::string_view bytes) {
  const absl::StatusOr<Entries> entries = Split(bytes);
  if (!entries.ok()) return entries.status();
  uint64_t kind = 0, index = 0, fingerprint = 0;
  absl::Status s = ReadNumber(*entries, kRuleKind, 1, kind);
  if (s.ok()) s = ReadNumber(*entries, kRuleIndex, 4, index);
  if (s.ok()) s = ReadNumber(*entries, kFingerprint, 8, fingerprint);
  if (!s.ok()) return s;
  if (kind < 1 || kind > 5) {
    return absl::InvalidArgumentError(
        absl::StrCat("a rule of the unknown kind ", kind));
  }
  return RuleTag{static_cast<RuleTag::Kind>(kind), static_cast<uint32_t>(index),
                 fingerprint};
}

absl::StatusOr<SetTag> DecodeSetTag(absl::string_view bytes) {
  const absl::StatusOr<Entries> entries = Split(bytes);
  if (!entries.ok()) return entries.status();
  uint64_t count = 0, fingerprint = 0;
  absl::Status s = ReadNumber(*entries, kCount, 4, count);
  if (s.ok()) s = ReadNumber(*entries, kFingerprint, 8, fingerprint);
  if (!s.ok()) return s;
  return SetTag{static_cast<uint32_t>(count), fingerprint};
}

}  // namespace sunder::agent::nft
