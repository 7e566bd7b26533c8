#include "agent/rules/set_pool.h"

#include <netinet/in.h>

#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace sunder::agent {
namespace {

// True where each key is greater than the one before it.
bool AreAscending(const std::string& keys, size_t width) {
  for (size_t at = width; at < keys.size(); at += width) {
    if (std::memcmp(&keys[at - width], &keys[at], width) >= 0) return false;
  }
  return true;
}

// Drops the keys that came before; the others keep their order.
void RemoveDuplicates(std::string& keys, size_t width) {
  // As a planner lists them: worth looking for, since hashing 100,000 keys
  // takes longer than all the rest of compiling them.
  if (AreAscending(keys, width)) return;
  const size_t count = keys.size() / width;
  absl::flat_hash_set<absl::string_view> seen;
  seen.reserve(count);
  char* const begin = keys.data();
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    char* const slot = begin + kept * width;
    if (kept != i) std::memcpy(slot, begin + i * width, width);
    if (seen.insert(absl::string_view(slot, width)).second) ++kept;
  }
  keys.resize(kept * width);
}

bool IsAddress(Field field) {
  return field == Field::kSource || field == Field::kDestination;
}

}  // namespace

InSet SetPool::Append(Set set) {
  set.name = absl::StrCat("set", program_.sets.size());
  program_.sets.push_back(std::move(set));
  return InSet{program_.sets.size() - 1};
}

InSet SetPool::AddHash(Family family, std::vector<Field> fields,
                       std::string keys) {
  Set set;
  set.family = family;
  set.fields = std::move(fields);
  RemoveDuplicates(keys, set.KeyBytes());
  set.keys = std::move(keys);
  return Append(std::move(set));
}

Match SetPool::ForChoice(Family family, Field field, const Choice& choice) {
  const size_t bytes = FieldBytes(field, family);
  const bool interval = choice.kind == Choice::Kind::kRanges;
  std::string keys;
  keys.reserve(choice.ranges.size() * bytes * (interval ? 2 : 1));
  for (const Range& range : choice.ranges) {
    keys.append(reinterpret_cast<const char*>(range.first.data()), bytes);
    if (interval) {
      keys.append(reinterpret_cast<const char*>(range.last.data()), bytes);
    }
  }
  if (!interval && choice.ranges.size() == 1) return Equals{field, keys};
  return Shared(family, field, interval, std::move(keys));
}

Match SetPool::WithPorts() {
  const std::string protocols = {IPPROTO_TCP, IPPROTO_UDP,
                                 static_cast<char>(IPPROTO_SCTP)};
  return Shared(Family::kIpv4, Field::kProtocol, false, protocols);
}

Match SetPool::Shared(Family family, Field field, bool interval,
                      std::string keys) {
  if (!IsAddress(field)) family = Family::kIpv4;
  Content content(family, field, interval, std::move(keys));
  const auto found = shared_.find(content);
  if (found != shared_.end()) return found->second;
  Set set;
  set.family = family;
  set.fields = {field};
  set.interval = interval;
  set.keys = std::get<std::string>(content);
  const InSet in = Append(std::move(set));
  shared_.emplace(std::move(content), in);
  return in;
}

}  // namespace sunder::agent
