// One message each: an nf_tables object made or deleted, in a table named by
// the caller. Family inet but for AddDeleteTable. Pure. messages.h puts them
// together.

#ifndef SUNDER_AGENT_NFT_OBJECTS_H_
#define SUNDER_AGENT_NFT_OBJECTS_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "agent/nft/batch.h"
#include "agent/nft/user_data.h"
#include "agent/rules/program.h"

namespace sunder::agent::nft {

// What is made must not exist; what is deleted must.
void AddTable(const std::string& name, absl::string_view user_data,
              Batch& batch);
void AddLeaseSet(const std::string& table, Batch& batch);
// Without its elements (elements.h). `id` is the set's own within the batch.
void AddSet(const std::string& table, const Set& set, uint32_t id,
            Batch& batch);
void AddChain(const std::string& table, absl::string_view name, Batch& batch);
// A base chain on receive, before connection tracking.
void AddBaseChain(const std::string& table, absl::string_view name,
                  Batch& batch);
// At the chain's end. `put` writes the expressions, whose fingerprint goes into
// the tag.
void AddRule(const std::string& table, absl::string_view chain, RuleTag tag,
             absl::FunctionRef<void(Writer&)> put, Batch& batch);
// An element of the lease set.
void AddLease(const std::string& table, uint32_t key, uint64_t timeout_millis,
              Batch& batch);
void AddDeleteLease(const std::string& table, uint32_t key, Batch& batch);

// All rules of a chain; there may be none.
void AddDeleteRules(const std::string& table, absl::string_view chain,
                    Batch& batch);
void AddDeleteChain(const std::string& table, absl::string_view chain,
                    Batch& batch);
// With all in it.
void AddDeleteTable(uint8_t family, const std::string& name, Batch& batch);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_OBJECTS_H_
