// Writes netlink messages into a growing buffer: headers, attributes, nests,
// with lengths and padding. The usual builders write behind the end of a buffer
// of fixed size, or cut a message silently when a nest passes 64 KB; this one
// knows neither limit but the nest's, which its users keep (see kMaxNest). One
// owner, no sharing.

#ifndef SUNDER_AGENT_NFT_WRITER_H_
#define SUNDER_AGENT_NFT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sunder::agent::nft {

// An attribute's length has 16 bits. Room is left for one more element.
inline constexpr size_t kMaxNest = 65'000;

struct MessageHeader {
  uint16_t type = 0;   // The subsystem in its upper byte.
  uint16_t flags = 0;  // NLM_F_...
  uint32_t sequence = 0;
  uint8_t family = 0;  // NFPROTO_...
  uint16_t resource = 0;
};

class Writer {
 public:
  // One message at a time; attributes go into the open message or nest.
  void Begin(const MessageHeader& header);
  void End();

  void PutBytes(uint16_t attribute, absl::string_view value);
  void PutString(uint16_t attribute, absl::string_view value);
  void PutU8(uint16_t attribute, uint8_t value);
  void PutU32(uint16_t attribute, uint32_t value);  // Big-endian
  void PutU64(uint16_t attribute, uint64_t value);  // Big-endian

  // Returns the nest's place, for CloseNest.
  size_t OpenNest(uint16_t attribute);
  void CloseNest(size_t place);
  size_t NestBytes(size_t place) const { return bytes_.size() - place; }

  // Appends whole attributes that were made before.
  void PutRaw(absl::string_view attributes) {
    bytes_.append(attributes.data(), attributes.size());
  }
  void Reserve(size_t more) { bytes_.reserve(bytes_.size() + more); }

  // Sets more flags in the header of the last message.
  void AddFlagsToLast(uint16_t flags);

  const std::string& bytes() const { return bytes_; }
  std::string Take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
  size_t message_ = 0;  // Where the last message begins.
};

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_WRITER_H_
