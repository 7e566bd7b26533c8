#include "agent/nft/objects.h"

#include <cstdlib>
#include <cstring>

#include "agent/nft/elements.h"
#include "agent/nft/fingerprint.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

constexpr int32_t kRawPriority = -300;

// nft's own numbers for types of keys: by them a listing shows the values.
enum NftType : uint32_t {
  kIpv4Type = 7,
  kIpv6Type = 8,
  kProtocolType = 12,
  kServiceType = 13,
  kMarkType = 19,
  kIcmp6Type = 29,
};

NftType TypeOf(Field field, Family family) {
  switch (field) {
    case Field::kSource:
    case Field::kDestination:
      return family == Family::kIpv4 ? kIpv4Type : kIpv6Type;
    case Field::kProtocol:
      return kProtocolType;
    case Field::kSourcePort:
    case Field::kDestinationPort:
      return kServiceType;
    case Field::kIcmpType:
      return kIcmp6Type;
  }
  std::abort();
}

// A set's user data, in nft's own form, which say that its keys are numbers in
// the host's order. Without them nft takes them for the network's, and prints
// the lease's key the other way round than the rule that looks for it.
std::string HostOrderKeys() {
  constexpr char kKeyByteOrder = 0;
  const uint32_t host_order = 1;
  std::string entry = {kKeyByteOrder, sizeof host_order};
  entry.append(reinterpret_cast<const char*>(&host_order), sizeof host_order);
  return entry;
}

uint32_t KeyType(const Set& set) {
  uint32_t type = 0;
  for (Field field : set.fields) type = type << 6 | TypeOf(field, set.family);
  return type;
}

void BeginChain(const std::string& table, absl::string_view name,
                Batch& batch) {
  batch.Begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
  batch.writer().PutString(NFTA_CHAIN_TABLE, table);
  batch.writer().PutString(NFTA_CHAIN_NAME, name);
}

// One element of the lease set, without the message's type and flags.
void PutLeaseElement(const std::string& table, uint32_t key,
                     uint64_t timeout_millis, Writer& w) {
  w.PutString(NFTA_SET_ELEM_LIST_TABLE, table);
  w.PutString(NFTA_SET_ELEM_LIST_SET, kLeaseSet);
  const size_t list = w.OpenNest(NFTA_SET_ELEM_LIST_ELEMENTS);
  const size_t element = w.OpenNest(NFTA_LIST_ELEM);
  const size_t nest = w.OpenNest(NFTA_SET_ELEM_KEY);
  char host_order[sizeof key];
  std::memcpy(host_order, &key, sizeof key);
  w.PutBytes(NFTA_DATA_VALUE, absl::string_view(host_order, sizeof key));
  w.CloseNest(nest);
  if (timeout_millis != 0) w.PutU64(NFTA_SET_ELEM_TIMEOUT, timeout_millis);
  w.CloseNest(element);
  w.CloseNest(list);
}

}  // namespace

void AddTable(const std::string& name, absl::string_view user_data,
              Batch& batch) {
  batch.Begin(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
  batch.writer().PutString(NFTA_TABLE_NAME, name);
  batch.writer().PutBytes(NFTA_TABLE_USERDATA, user_data);
  batch.End();
}

void AddLeaseSet(const std::string& table, Batch& batch) {
  batch.Begin(NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
  Writer& w = batch.writer();
  w.PutString(NFTA_SET_TABLE, table);
  w.PutString(NFTA_SET_NAME, kLeaseSet);
  w.PutU32(NFTA_SET_FLAGS, NFT_SET_TIMEOUT);
  w.PutU32(NFTA_SET_KEY_TYPE, kMarkType);
  w.PutU32(NFTA_SET_KEY_LEN, sizeof(GateId));
  w.PutU32(NFTA_SET_ID, 1);
  w.PutBytes(NFTA_SET_USERDATA, HostOrderKeys());
  batch.End();
}

void AddSet(const std::string& table, const Set& set, uint32_t id,
            Batch& batch) {
  batch.Begin(NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
  Writer& w = batch.writer();
  w.PutString(NFTA_SET_TABLE, table);
  w.PutString(NFTA_SET_NAME, set.name);
  w.PutU32(NFTA_SET_FLAGS, set.interval ? NFT_SET_INTERVAL : 0);
  w.PutU32(NFTA_SET_KEY_TYPE, KeyType(set));
  w.PutU32(NFTA_SET_KEY_LEN, static_cast<uint32_t>(set.ValueBytes()));
  w.PutU32(NFTA_SET_ID, id);
  w.PutBytes(NFTA_SET_USERDATA, Encode(TagOf(set)));
  if (!set.interval) {
    // A size gets the hash table of fixed size: three times faster to fill.
    const size_t description = w.OpenNest(NFTA_SET_DESC);
    w.PutU32(NFTA_SET_DESC_SIZE, static_cast<uint32_t>(set.size()));
    w.CloseNest(description);
  }
  batch.End();
}

void AddChain(const std::string& table, absl::string_view name, Batch& batch) {
  BeginChain(table, name, batch);
  batch.End();
}

void AddBaseChain(const std::string& table, absl::string_view name,
                  Batch& batch) {
  BeginChain(table, name, batch);
  Writer& w = batch.writer();
  const size_t hook = w.OpenNest(NFTA_CHAIN_HOOK);
  w.PutU32(NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
  w.PutU32(NFTA_HOOK_PRIORITY, static_cast<uint32_t>(kRawPriority));
  w.CloseNest(hook);
  w.PutU32(NFTA_CHAIN_POLICY, NF_ACCEPT);
  w.PutString(NFTA_CHAIN_TYPE, "filter");
  batch.End();
}

void AddRule(const std::string& table, absl::string_view chain, RuleTag tag,
             absl::FunctionRef<void(Writer&)> put, Batch& batch) {
  batch.Begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
  Writer& w = batch.writer();
  w.PutString(NFTA_RULE_TABLE, table);
  w.PutString(NFTA_RULE_CHAIN, chain);
  const size_t expressions = w.OpenNest(NFTA_RULE_EXPRESSIONS);
  put(w);
  w.CloseNest(expressions);
  tag.fingerprint = *RuleFingerprint(
      absl::string_view(w.bytes()).substr(expressions + NLA_HDRLEN));
  w.PutBytes(NFTA_RULE_USERDATA, Encode(tag));
  batch.End();
}

void AddLease(const std::string& table, uint32_t key, uint64_t timeout_millis,
              Batch& batch) {
  // Exclusive: over an element that is there it would do nothing and say it
  // did.
  batch.Begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
  PutLeaseElement(table, key, timeout_millis, batch.writer());
  batch.End();
}

void AddDeleteLease(const std::string& table, uint32_t key, Batch& batch) {
  batch.Begin(NFT_MSG_DELSETELEM, 0, NFPROTO_INET);
  PutLeaseElement(table, key, 0, batch.writer());
  batch.End();
}

void AddDeleteRules(const std::string& table, absl::string_view chain,
                    Batch& batch) {
  batch.Begin(NFT_MSG_DELRULE, 0, NFPROTO_INET);
  batch.writer().PutString(NFTA_RULE_TABLE, table);
  batch.writer().PutString(NFTA_RULE_CHAIN, chain);
  batch.End();
}

void AddDeleteChain(const std::string& table, absl::string_view chain,
                    Batch& batch) {
  batch.Begin(NFT_MSG_DELCHAIN, 0, NFPROTO_INET);
  batch.writer().PutString(NFTA_CHAIN_TABLE, table);
  batch.writer().PutString(NFTA_CHAIN_NAME, chain);
  batch.End();
}

void AddDeleteTable(uint8_t family, const std::string& name, Batch& batch) {
  batch.Begin(NFT_MSG_DELTABLE, 0, family);
  batch.writer().PutString(NFTA_TABLE_NAME, name);
  batch.End();
}

}  // namespace sunder::agent::nft
