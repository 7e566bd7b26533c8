#include "agent/nft/batch.h"

#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

uint16_t TypeOf(uint8_t message) {
  return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

}  // namespace

Batch::Batch(uint32_t first_sequence)
    : first_sequence_(first_sequence), next_sequence_(first_sequence) {
  PutControl(NFNL_MSG_BATCH_BEGIN);
}

void Batch::PutControl(uint16_t type) {
  writer_.Begin({type, NLM_F_REQUEST, next_sequence_++, NFPROTO_UNSPEC,
                 NFNL_SUBSYS_NFTABLES});
  writer_.End();
}

void Batch::Begin(uint8_t type, uint16_t flags, uint8_t family) {
  writer_.Begin({TypeOf(type), static_cast<uint16_t>(NLM_F_REQUEST | flags),
                 next_sequence_++, family, 0});
}

void Batch::Finish() {
  ack_sequence_ = next_sequence_ - 1;
  writer_.AddFlagsToLast(NLM_F_ACK);
  PutControl(NFNL_MSG_BATCH_END);
}

std::string Query::Numbered(uint32_t sequence) const {
  Writer writer;
  writer.Begin({TypeOf(type),
                static_cast<uint16_t>(NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0)),
                sequence, family, 0});
  writer.PutRaw(attributes);
  writer.End();
  return std::move(writer).Take();
}

}  // namespace sunder::agent::nft
