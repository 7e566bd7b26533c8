// What was read of one fault's table -> what it is. Pure.

#ifndef SUNDER_AGENT_KERNEL_ASSESS_H_
#define SUNDER_AGENT_KERNEL_ASSESS_H_

#include <map>
#include <string>
#include <vector>

#include "agent/core/kernel.h"
#include "agent/nft/answers.h"
#include "agent/nft/user_data.h"

namespace sunder::agent {

struct TableContents {
  nft::TableInfo table;
  std::vector<nft::ChainInfo> chains;  // Those of ours that are there.
  std::vector<nft::SetInfo> sets;
  std::vector<nft::RuleInfo> rules;  // In order, of all chains.
  std::vector<nft::ElementsInfo> lease;
  // What the sets hold, of those that were read in full.
  std::map<std::string, nft::SetTag> elements;
};

// A table that is not as we make it is not `intact`: its objects, the bytes of
// its rules, and of the elements those that were read. What can be told is
// told.
KernelFault Assess(GateId gate, const TableContents& contents);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_ASSESS_H_
