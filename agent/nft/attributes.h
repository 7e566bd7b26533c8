// Reads a run of netlink attributes, each length checked against what is there.
// Views into bytes that the caller keeps. Pure.

#ifndef SUNDER_AGENT_NFT_ATTRIBUTES_H_
#define SUNDER_AGENT_NFT_ATTRIBUTES_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sunder::agent::nft {

struct Attribute {
  uint16_t type = 0;  // Without the flags in its upper bits.
  absl::string_view value;
};

// Calls `visit` for one attribute after the other, until one fails. OK: they
// all add up. (No vector of them: a dump has 100,000 elements of three nests.)
absl::Status ForEachAttribute(
    absl::string_view bytes,
    absl::FunctionRef<absl::Status(const Attribute&)> visit);

// INVALID_ARGUMENT where the value has not exactly the type's size; a string
// must end with its only NUL.
absl::Status ReadU32(const Attribute& attribute,
                     uint32_t& value);  // Big-endian
absl::Status ReadU64(const Attribute& attribute,
                     uint64_t& value);  // Big-endian
absl::Status ReadString(const Attribute& attribute, std::string& value);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_ATTRIBUTES_H_
