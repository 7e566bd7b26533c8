// One question, one outcome: sends a batch or a dump request and reads until
// the kernel's answer to exactly that is complete. Numbers its messages, so
// that an answer that came too late for one exchange is not taken for the next.
// Owned by whoever owns the transport; used by one thread.

#ifndef SUNDER_AGENT_KERNEL_EXCHANGE_H_
#define SUNDER_AGENT_KERNEL_EXCHANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/kernel/transport.h"
#include "agent/nft/answers.h"
#include "agent/nft/batch.h"

namespace sunder::agent {

class Exchange {
 public:
  // `transport` must outlive this.
  explicit Exchange(NetlinkTransport& transport) : transport_(transport) {}

  // A batch whose numbers nobody has used yet.
  nft::Batch NewBatch() { return nft::Batch(next_sequence_); }

  // Commits `batch`: all of it or nothing. DATA_LOSS: whether it was committed
  // is not known. `what` is for the error's text ("stage sunder_0000002a").
  absl::Status Commit(nft::Batch batch, absl::string_view what);

  // Everything that the kernel answers to one request.
  absl::StatusOr<nft::Objects> Ask(const nft::Query& query,
                                   absl::string_view what);

 private:
  absl::StatusOr<nft::Objects> AskOnce(const nft::Query& query,
                                       absl::string_view what);

  NetlinkTransport& transport_;
  uint32_t next_sequence_ = 1;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_EXCHANGE_H_
