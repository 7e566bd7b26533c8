// Prints a Program in the syntax of `nft -f`, for dry runs. Pure. The gate is
// printed as it is while the fault is in force, without the lease's element.

#ifndef SUNDER_AGENT_RULES_TO_NFT_H_
#define SUNDER_AGENT_RULES_TO_NFT_H_

#include <string>

#include "agent/rules/program.h"

namespace sunder::agent {

std::string ToNft(const Program& program);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_TO_NFT_H_
