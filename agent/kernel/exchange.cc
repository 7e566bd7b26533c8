#include "agent/kernel/exchange.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/errno_status.h"

namespace sunder::agent {
namespace {

// A dump is taken again when the ruleset changed under it: by somebody's big
// transactions perhaps some times in a row, but not for ever.
constexpr int kDumpAttempts = 10;

absl::Status Failed(const nft::Outcome& outcome, absl::string_view what) {
  return ErrnoStatus(outcome.error,
                     outcome.text.empty()
                         ? std::string(what)
                         : absl::StrCat(what, " (", outcome.text, ")"));
}

absl::Status Unknown(const absl::Status& why, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(
      what, ": whether the kernel did it is not known: ", why.message()));
}

}  // namespace

absl::Status Exchange::Commit(nft::Batch batch, absl::string_view what) {
  batch.Finish();
  next_sequence_ = batch.next_sequence();
  if (absl::Status s = transport_.Send(batch.bytes()); !s.ok()) {
    return absl::Status(s.code(), absl::StrCat(what, ": ", s.message()));
  }
  const uint32_t span = batch.ack_sequence() - batch.first_sequence();
  for (;;) {
    const absl::StatusOr<std::string> datagram = transport_.Receive();
    if (!datagram.ok()) return Unknown(datagram.status(), what);
    const auto answers = nft::ParseAnswers(*datagram);
    if (!answers.ok()) return Unknown(answers.status(), what);
    for (const nft::Answer& answer : *answers) {
      const auto* outcome = std::get_if<nft::Outcome>(&answer.content);
      const uint32_t place = answer.sequence - batch.first_sequence();
      if (outcome == nullptr || place > span) continue;
      // One error is enough to know that nothing was done; errors come before
      // the acknowledgement, which the last message may get although another
      // failed.
      if (outcome->error != 0) return Failed(*outcome, what);
      if (place == span) return absl::OkStatus();
    }
  }
}

absl::StatusOr<nft::Objects> Exchange::AskOnce(const nft::Query& query,
                                               absl::string_view what) {
  const uint32_t sequence = next_sequence_++;
  if (absl::Status s = transport_.Send(query.Numbered(sequence)); !s.ok()) {
    return absl::Status(s.code(), absl::StrCat(what, ": ", s.message()));
  }
  nft::Objects objects;
  bool interrupted = false;
  for (;;) {
    const absl::StatusOr<std::string> datagram = transport_.Receive();
    const auto answers =
        datagram.ok()
            ? nft::ParseAnswers(*datagram)
            : absl::StatusOr<std::vector<nft::Answer>>(datagram.status());
    if (!answers.ok()) {
      return absl::UnavailableError(
          absl::StrCat(what, ": ", answers.status().message()));
    }
    for (const nft::Answer& answer : *answers) {
      if (answer.sequence != sequence) continue;
      interrupted = interrupted || answer.interrupted;
      if (const auto* outcome = std::get_if<nft::Outcome>(&answer.content);
          outcome != nullptr && outcome->error != 0) {
        return Failed(*outcome, what);
      }
      if (const auto* end = std::get_if<nft::DumpEnd>(&answer.content)) {
        if (end->error != 0) return ErrnoStatus(end->error, what);
        if (interrupted) {
          return absl::AbortedError(
              absl::StrCat(what, ": the ruleset changed while it was read"));
        }
        return objects;
      }
      if (const auto* some = std::get_if<nft::Objects>(&answer.content)) {
        objects.insert(objects.end(), some->begin(), some->end());
        if (!query.dump) return objects;
      }
    }
  }
}

absl::StatusOr<nft::Objects> Exchange::Ask(const nft::Query& query,
                                           absl::string_view what) {
  absl::StatusOr<nft::Objects> objects = AskOnce(query, what);
  for (int i = 1; i < kDumpAttempts && absl::IsAborted(objects.status()); ++i) {
    objects = AskOnce(query, what);
  }
  return objects;
}

}  // namespace sunder::agent
