// Writes the elements of one set into as many messages as they need. Pure;
// written for 100,000 elements: an element is a copied frame with the key put
// in.

#ifndef SUNDER_AGENT_NFT_ELEMENTS_H_
#define SUNDER_AGENT_NFT_ELEMENTS_H_

#include <string>

#include "agent/nft/batch.h"
#include "agent/nft/user_data.h"
#include "agent/rules/program.h"

namespace sunder::agent::nft {

// What is in the set, by which it is known again.
SetTag TagOf(const Set& set);

void AddElements(const std::string& table, const Set& set, Batch& batch);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_ELEMENTS_H_
