// The transactions and questions that the agent has for nf_tables, as messages.
// Pure. What changes anything takes a gate's number and makes the names itself.

#ifndef SUNDER_AGENT_NFT_MESSAGES_H_
#define SUNDER_AGENT_NFT_MESSAGES_H_

#include <cstdint>
#include <string>

#include "agent/nft/batch.h"
#include "agent/rules/program.h"
#include "common/instant.h"

namespace sunder::agent::nft {

// Everything of `program`, shut. EEXIST where the table exists.
void AddStage(const Program& program, Batch& batch);

// The timed gate and the lease, which ends at `end`: the gate is shut from then
// on, though the lease be set much later. ENOENT where the fault is not staged
// or was armed before, whatever became of it since.
void AddArm(GateId gate, WallInstant start, WallInstant end,
            uint64_t lease_millis, Batch& batch);

// Nothing in the gate's place.
void AddShut(GateId gate, Batch& batch);

// The open gate in the timed one's place.
void AddOpen(GateId gate, Batch& batch);

// The lease's element deleted and added again. ENOENT where it is gone: it
// expired.
void AddRefresh(GateId gate, uint64_t lease_millis, Batch& batch);

void AddRemove(GateId gate, Batch& batch);

Query GenerationQuery();
Query TablesQuery();  // Of all families.
Query TableQuery(const std::string& table);
Query ChainQuery(const std::string& table, const std::string& chain);
Query SetsQuery(const std::string& table);
Query RulesQuery(const std::string& table);
Query ElementsQuery(const std::string& table, const std::string& set);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_MESSAGES_H_
