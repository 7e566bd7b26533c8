#include "agent/kernel/sweep.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/kernel/exchange.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/messages.h"
#include "agent/nft/objects.h"

namespace sunder::agent {
namespace {

bool IsOurs(absl::string_view name) {
  return name == "sunder" || absl::StartsWith(name, "sunder_");
}

std::string FamilyName(uint8_t family) {
  switch (family) {
    case NFPROTO_INET:
      return "inet";
    case NFPROTO_IPV4:
      return "ip";
    case NFPROTO_IPV6:
      return "ip6";
    case NFPROTO_ARP:
      return "arp";
    case NFPROTO_BRIDGE:
      return "bridge";
    case NFPROTO_NETDEV:
      return "netdev";
    default:
      return absl::StrCat("family ", family);
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SweepAll(NetlinkTransport& transport) {
  Exchange exchange(transport);
  const absl::StatusOr<nft::Objects> objects =
      exchange.Ask(nft::TablesQuery(), "list tables");
  if (!objects.ok()) return objects.status();
  std::vector<std::string> deleted;
  absl::Status worst;
  for (const nft::Object& object : *objects) {
    const auto* table = std::get_if<nft::TableInfo>(&object);
    if (table == nullptr || !IsOurs(table->name)) continue;
    const std::string name =
        absl::StrCat(FamilyName(table->family), " ", table->name);
    // One by one: a table that cannot be deleted must not keep the others.
    nft::Batch batch = exchange.NewBatch();
    nft::AddDeleteTable(table->family, table->name, batch);
    absl::Status s =
        exchange.Commit(std::move(batch), absl::StrCat("delete table ", name));
    if (s.ok()) {
      deleted.push_back(name);
    } else if (!absl::IsNotFound(s)) {
      worst.Update(s);
    }
  }
  if (!worst.ok()) return worst;
  return deleted;
}

}  // namespace sunder::agent
