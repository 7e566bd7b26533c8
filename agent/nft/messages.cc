#include "agent/nft/messages.h"

#include "agent/nft/elements.h"
#include "agent/nft/expressions.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/objects.h"
#include "agent/nft/user_data.h"

namespace sunder::agent::nft {
namespace {

Query QueryWith(uint8_t type, bool dump, uint16_t table_attribute,
                const std::string& table, uint16_t name_attribute = 0,
                const std::string& name = "") {
  Writer writer;
  writer.PutString(table_attribute, table);
  if (!name.empty()) writer.PutString(name_attribute, name);
  return {type, NFPROTO_INET, dump, std::move(writer).Take()};
}

}  // namespace

void AddStage(const Program& program, Batch& batch) {
  const std::string table = TableName(program.gate);
  AddTable(
      table,
      Encode(TableTag{program.key, static_cast<uint32_t>(program.sets.size()),
                      static_cast<uint32_t>(program.cuts.size()),
                      static_cast<uint32_t>(program.spares.size())}),
      batch);
  AddLeaseSet(table, batch);
  uint32_t id = 2;  // The lease set took the first.
  for (const Set& set : program.sets) {
    AddSet(table, set, id++, batch);
    AddElements(table, set, batch);
  }
  AddChain(table, kDoomedChain, batch);
  AddChain(table, kGateChain, batch);
  AddChain(table, kUnarmedChain, batch);
  AddBaseChain(table, kCutsChain, batch);
  uint32_t index = 0;
  for (const Rule& rule : program.spares) {
    AddRule(
        table, kDoomedChain, RuleTag{RuleTag::Kind::kSpare, index++},
        [&](Writer& w) { PutSpare(rule, program, w); }, batch);
  }
  AddRule(
      table, kDoomedChain, RuleTag{RuleTag::Kind::kDrop, 0},
      [&](Writer& w) { PutLeasedDrop(program.gate, w); }, batch);
  index = 0;
  for (const Rule& rule : program.cuts) {
    AddRule(
        table, kCutsChain, RuleTag{RuleTag::Kind::kCut, index++},
        [&](Writer& w) { PutCut(rule, program, w); }, batch);
  }
}

void AddArm(GateId gate, WallInstant start, WallInstant end,
            uint64_t lease_millis, Batch& batch) {
  const std::string table = TableName(gate);
  AddDeleteChain(table, kUnarmedChain, batch);
  AddDeleteRules(table, kGateChain, batch);
  AddRule(
      table, kGateChain, RuleTag{RuleTag::Kind::kTimedGate, 0},
      [&](Writer& w) {
        PutTimeIsAtLeast(start, w);
        PutTimeIsBefore(end, w);
        PutGate(w);
      },
      batch);
  AddLease(table, gate, lease_millis, batch);
}

void AddShut(GateId gate, Batch& batch) {
  AddDeleteRules(TableName(gate), kGateChain, batch);
}

void AddOpen(GateId gate, Batch& batch) {
  AddShut(gate, batch);
  AddRule(TableName(gate), kGateChain, RuleTag{RuleTag::Kind::kOpenGate, 0},
          PutGate, batch);
}

void AddRefresh(GateId gate, uint64_t lease_millis, Batch& batch) {
  const std::string table = TableName(gate);
  AddDeleteLease(table, gate, batch);
  AddLease(table, gate, lease_millis, batch);
}

void AddRemove(GateId gate, Batch& batch) {
  AddDeleteTable(NFPROTO_INET, TableName(gate), batch);
}

Query GenerationQuery() { return {NFT_MSG_GETGEN, NFPROTO_UNSPEC, false, ""}; }

Query TablesQuery() { return {NFT_MSG_GETTABLE, NFPROTO_UNSPEC, true, ""}; }

Query TableQuery(const std::string& table) {
  return QueryWith(NFT_MSG_GETTABLE, false, NFTA_TABLE_NAME, table);
}

Query ChainQuery(const std::string& table, const std::string& chain) {
  return QueryWith(NFT_MSG_GETCHAIN, false, NFTA_CHAIN_TABLE, table,
                   NFTA_CHAIN_NAME, chain);
}

Query SetsQuery(const std::string& table) {
  return QueryWith(NFT_MSG_GETSET, true, NFTA_SET_TABLE, table);
}

Query RulesQuery(const std::string& table) {
  return QueryWith(NFT_MSG_GETRULE, true, NFTA_RULE_TABLE, table);
}

Query ElementsQuery(const std::string& table, const std::string& set) {
  return QueryWith(NFT_MSG_GETSETELEM, true, NFTA_SET_ELEM_LIST_TABLE, table,
                   NFTA_SET_ELEM_LIST_SET, set);
}

}  // namespace sunder::agent::nft
