// Test only: what the kernel would do to a packet, by walking a Program, and
// what it should do, by reading the flows as their comments say. Two
// independent readings that must agree.

#ifndef SUNDER_AGENT_RULES_INTERPRETER_H_
#define SUNDER_AGENT_RULES_INTERPRETER_H_

#include <optional>
#include <string>

#include "agent/rules/program.h"
#include "common/address.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

struct Packet {
  Address source, destination;  // Of one family.
  uint8_t protocol = 0;
  uint16_t source_port = 0, destination_port = 0;  // Of TCP, UDP, SCTP.
  uint8_t icmp_type = 0;
  bool later_fragment = false;  // Has no transport header.
  std::string ToString() const;
};

struct Walk {
  bool dropped = false;
  int look_ups = 0;  // In sets: what a packet pays.
};
Walk WalkProgram(const Program& program, const Packet& packet);

// True where the packet is dropped.
inline bool RunProgram(const Program& program, const Packet& packet) {
  return WalkProgram(program, packet).dropped;
}
bool RunFlows(const v1::StageRequest& request, const Packet& packet);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_INTERPRETER_H_
