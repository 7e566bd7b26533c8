// Test only: a kernel that says what the test told it to. It acknowledges what
// it was not told about.

#ifndef SUNDER_AGENT_KERNEL_FAKE_TRANSPORT_H_
#define SUNDER_AGENT_KERNEL_FAKE_TRANSPORT_H_

#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "agent/kernel/transport.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent {

// An answer about the message numbered `sequence`; `error` is an errno or 0.
inline std::string OutcomeBytes(int error, uint32_t sequence) {
  nlmsghdr header{};
  nlmsgerr body{};
  header.nlmsg_len = sizeof header + sizeof body;
  header.nlmsg_type = NLMSG_ERROR;
  header.nlmsg_seq = sequence;
  body.error = -error;
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) +
         std::string(reinterpret_cast<const char*>(&body), sizeof body);
}

class FakeTransport : public NetlinkTransport {
 public:
  // The headers of the messages that were sent in one call.
  using Sent = std::vector<nlmsghdr>;
  // What Receive then returns, one after the other.
  using Answers = std::vector<absl::StatusOr<std::string>>;
  using Script = std::function<Answers(const Sent&)>;

  // The sequence number that the batch wants acknowledged.
  static uint32_t AckOf(const Sent& sent) {
    for (const nlmsghdr& header : sent) {
      if ((header.nlmsg_flags & NLM_F_ACK) != 0) return header.nlmsg_seq;
    }
    return 0;
  }

  // For the next Send that has none yet.
  void Then(Script script) { scripts_.push_back(std::move(script)); }
  void ThenError(int error) {
    Then([error](const Sent& sent) {
      return Answers{OutcomeBytes(error, sent[1].nlmsg_seq),
                     OutcomeBytes(0, AckOf(sent))};
    });
  }
  void FailNextSend(absl::Status status) { send_status_ = std::move(status); }

  const std::vector<Sent>& sent() const { return sent_; }

  uint32_t port() const override { return 1; }
  absl::Status Send(absl::string_view bytes) override {
    if (!send_status_.ok()) return std::exchange(send_status_, {});
    Sent sent;
    while (!bytes.empty()) {
      nlmsghdr header{};
      std::memcpy(&header, bytes.data(), sizeof header);
      sent.push_back(header);
      bytes.remove_prefix(NLMSG_ALIGN(header.nlmsg_len));
    }
    if (scripts_.empty()) {
      answers_.push_back(OutcomeBytes(0, AckOf(sent)));
    } else {
      for (auto& answer : scripts_.front()(sent)) answers_.push_back(answer);
      scripts_.pop_front();
    }
    sent_.push_back(std::move(sent));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Receive() override {
    if (answers_.empty()) return absl::DeadlineExceededError("no answer");
    absl::StatusOr<std::string> next = std::move(answers_.front());
    answers_.pop_front();
    return next;
  }

 private:
  std::deque<Script> scripts_;
  std::deque<absl::StatusOr<std::string>> answers_;
  std::vector<Sent> sent_;
  absl::Status send_status_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_FAKE_TRANSPORT_H_
