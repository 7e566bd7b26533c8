// One transaction on its way to the kernel: numbered messages between a batch's
// begin and end, of which only the last asks for an acknowledgement (more would
// overflow the receive buffer). The kernel does all of it or nothing. And a
// query: one message that reads. Values; one owner.

#ifndef SUNDER_AGENT_NFT_BATCH_H_
#define SUNDER_AGENT_NFT_BATCH_H_

#include <cstdint>
#include <string>

#include "agent/nft/writer.h"

namespace sunder::agent::nft {

class Batch {
 public:
  // Takes the numbers from `first_sequence` on.
  explicit Batch(uint32_t first_sequence);

  // Starts a message NFT_MSG_`type`; its attributes go into writer().
  void Begin(uint8_t type, uint16_t flags, uint8_t family);
  void End() { writer_.End(); }
  Writer& writer() { return writer_; }

  // Closes the batch; it must have a message. No more can be added.
  void Finish();

  uint32_t first_sequence() const { return first_sequence_; }
  uint32_t ack_sequence() const { return ack_sequence_; }  // After Finish.
  uint32_t next_sequence() const { return next_sequence_; }
  const std::string& bytes() const { return writer_.bytes(); }

 private:
  void PutControl(uint16_t type);

  const uint32_t first_sequence_;
  uint32_t next_sequence_;
  uint32_t ack_sequence_ = 0;
  Writer writer_;
};

// A request that changes nothing.
struct Query {
  uint8_t type = 0;    // NFT_MSG_GET...
  uint8_t family = 0;  // NFPROTO_...
  bool dump = false;   // Many objects, ended by a mark; else exactly one.
  std::string attributes;

  std::string Numbered(uint32_t sequence) const;
};

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_BATCH_H_
