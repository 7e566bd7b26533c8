// Tells when somebody else changed rules or addresses in this network
// namespace, as the kernel notifies it: nobody polls. Owned and used by the
// agent's loop, which watches the descriptors.

#ifndef SUNDER_AGENT_KERNEL_CHANGE_WATCH_H_
#define SUNDER_AGENT_KERNEL_CHANGE_WATCH_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/core/kernel.h"
#include "common/unique_fd.h"

namespace sunder::agent {

// A socket on which the kernel tells of things. It keeps the network namespace
// alive in which it was opened.
class NoticeSocket {
 public:
  static absl::StatusOr<NoticeSocket> Open(int protocol,
                                           const std::vector<int>& groups);
  int fd() const { return fd_.get(); }

  // Has the kernel keep back the datagrams of what was asked for through the
  // socket with that port.
  absl::Status KeepBack(uint32_t port);

  // Hands over the datagrams that wait; of very many, some: `fd` is readable
  // again at once. False: some were lost, before those or among them.
  absl::StatusOr<bool> Take(
      absl::FunctionRef<void(absl::string_view datagram)> take);

 private:
  explicit NoticeSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  std::vector<char> buffer_ = std::vector<char>(64 << 10);
};

class RulesetWatch {
 public:
  // What is asked for through the socket with `own_port` is not told.
  static absl::StatusOr<RulesetWatch> Open(uint32_t own_port);
  int fd() const { return socket_.fd(); }
  absl::StatusOr<RulesetChange> Take();

 private:
  explicit RulesetWatch(NoticeSocket socket) : socket_(std::move(socket)) {}
  NoticeSocket socket_;
};

// Addresses that come and go. Those of a device that leaves the namespace go;
// the name of a device matters to nothing.
class AddressWatch {
 public:
  static absl::StatusOr<AddressWatch> Open();
  int fd() const { return socket_.fd(); }
  // Whether any may have.
  absl::StatusOr<bool> Take();

 private:
  explicit AddressWatch(NoticeSocket socket) : socket_(std::move(socket)) {}
  NoticeSocket socket_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_CHANGE_WATCH_H_
