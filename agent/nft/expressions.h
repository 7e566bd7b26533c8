// Writes what a rule does, as the kernel's expressions. Pure. Each function
// appends to the rule message that is open in the writer, within the nest that
// BeginRule opened.

#ifndef SUNDER_AGENT_NFT_EXPRESSIONS_H_
#define SUNDER_AGENT_NFT_EXPRESSIONS_H_

#include "agent/nft/writer.h"
#include "agent/rules/program.h"
#include "common/instant.h"

namespace sunder::agent::nft {

// A rule of kCutsChain: what it matches goes to kGateChain.
void PutCut(const Rule& rule, const Program& program, Writer& writer);

// Rules of kDoomedChain. The drop: while the lease's element for `gate` is
// there, and counted.
void PutSpare(const Rule& rule, const Program& program, Writer& writer);
void PutLeasedDrop(GateId gate, Writer& writer);

// The wall clock's tests of a timed gate.
void PutTimeIsAtLeast(WallInstant start, Writer& writer);
void PutTimeIsBefore(WallInstant end, Writer& writer);

// Every packet goes to kDoomedChain.
void PutGate(Writer& writer);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_EXPRESSIONS_H_
