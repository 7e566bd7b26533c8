// Test only: two network namespaces joined by a veth. The calling thread moves
// into `here`, where the agent's kernel is under test; `there` is its peer.
// Both are nameless and go with the process. Real packets go through.

#ifndef SUNDER_AGENT_KERNEL_TEST_LAB_H_
#define SUNDER_AGENT_KERNEL_TEST_LAB_H_

#include <functional>
#include <string>

#include "common/address.h"
#include "common/unique_fd.h"

namespace sunder::agent {

class Lab {
 public:
  // Throws std::runtime_error where it cannot be built. Here: 10.77.0.1,
  // fd77::1. There: 10.77.0.2 to .5 and fd77::2 to ::5; faults leave the last,
  // the fence's, alone.
  Lab();

  static constexpr char kHere4[] = "10.77.0.1";
  static constexpr char kHere6[] = "fd77::1";
  static constexpr char kThere4[] = "10.77.0.2";
  static constexpr char kThere6[] = "fd77::2";

  // Runs a shell command here, and returns what it writes; throws when it
  // fails.
  std::string Shell(const std::string& command);
  std::string ShellInNewNamespace(const std::string& command);
  // True where the command succeeds.
  bool Succeeds(const std::string& command);

  // A socket of that side, bound to the address and port.
  UniqueFd Here(int type, const std::string& address, uint16_t port,
                int protocol = 0);
  UniqueFd There(int type, const std::string& address, uint16_t port,
                 int protocol = 0);

  // One datagram from there to here, or with `back` from here to there: is it
  // received before one that was sent after it and that no fault touches?
  struct Datagram {
    std::string from = kThere4;
    uint16_t from_port = 4000;
    uint16_t to_port = 5000;
    size_t bytes = 8;
  };
  bool Arrives(const Datagram& datagram);
  bool EchoArrives(const std::string& from);  // ICMP or ICMPv6

  // Waits until a datagram sent after everything before has gone through.
  void Fence(bool v6);

 private:
  UniqueFd there_;
};

// Sends to an address; throws where that fails.
void SendTo(const UniqueFd& fd, const std::string& address, uint16_t port,
            const std::string& bytes);
void Connect(const UniqueFd& fd, const std::string& address, uint16_t port);
// True where something could be read at once.
bool TryReceive(const UniqueFd& fd);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_TEST_LAB_H_
