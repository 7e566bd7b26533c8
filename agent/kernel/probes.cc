#include "agent/kernel/probes.h"

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "agent/kernel/exchange.h"
#include "agent/nft/elements.h"
#include "agent/nft/expressions.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/messages.h"
#include "agent/nft/objects.h"
#include "agent/rules/program.h"

namespace sunder::agent {
namespace {

using nft::Batch;
using nft::Writer;

constexpr char kTable[] = "sunder_probe";
constexpr char kChain[] = "probe";
constexpr char kUserData[] = "\x80\x05probe";

void AddProbeTable(Batch& batch) { nft::AddTable(kTable, kUserData, batch); }

// Makes the table with what `add` adds, and deletes it in the same transaction:
// nothing of it is ever there.
absl::Status Try(Exchange& exchange, absl::FunctionRef<void(Batch&)> add) {
  Batch batch = exchange.NewBatch();
  AddProbeTable(batch);
  add(batch);
  nft::AddDeleteTable(NFPROTO_INET, kTable, batch);
  return exchange.Commit(std::move(batch), "probe");
}

// Who was killed between the transactions of TryUserData left the table.
void RemoveLeftover(Exchange& exchange) {
  Batch batch = exchange.NewBatch();
  nft::AddDeleteTable(NFPROTO_INET, kTable, batch);
  // Mostly there is none. One that stays is met, and told, by every probe.
  exchange.Commit(std::move(batch), "remove an old probe").IgnoreError();
}

void AddRuleWithSet(const Set& set, Batch& batch) {
  nft::AddSet(kTable, set, 1, batch);
  nft::AddElements(kTable, set, batch);
  nft::AddBaseChain(kTable, kChain, batch);
  Program program;
  program.sets.push_back(set);
  const Rule rule{set.family, {InSet{0}}};
  nft::AddRule(
      kTable, kChain, {}, [&](Writer& w) { nft::PutSpare(rule, program, w); },
      batch);
}

void AddConcatenation(Batch& batch) {
  Set set;
  set.name = "concatenation";
  set.family = Family::kIpv6;
  set.fields = {Field::kSource, Field::kDestination, Field::kProtocol,
                Field::kSourcePort};
  set.keys = std::string(set.KeyBytes(), '\0');
  AddRuleWithSet(set, batch);
}

void AddInterval(Batch& batch) {
  Set set;
  set.name = "interval";
  set.fields = {Field::kSource};
  set.interval = true;
  set.keys = std::string("\x0a\0\0\0\x0a\0\0\xff", set.KeyBytes());
  AddRuleWithSet(set, batch);
}

void AddTimeout(Batch& batch) {
  nft::AddLeaseSet(kTable, batch);
  nft::AddLease(kTable, 1, 1000, batch);
}

void AddMetaTime(Batch& batch) {
  nft::AddBaseChain(kTable, kChain, batch);
  nft::AddRule(
      kTable, kChain, {},
      [](Writer& w) {
        nft::PutTimeIsAtLeast(WallInstant::FromNanos(1), w);
        nft::PutTimeIsBefore(WallInstant::FromNanos(2), w);
      },
      batch);
}

// Older kernels take a table's user data and forget them: only reading tells.
// So this table, empty, is there for a moment.
absl::Status TryUserData(Exchange& exchange) {
  Batch make = exchange.NewBatch();
  AddProbeTable(make);
  if (absl::Status s = exchange.Commit(std::move(make), "probe"); !s.ok()) {
    return s;
  }
  const auto read = exchange.Ask(nft::TableQuery(kTable), "read the probe");
  Batch remove = exchange.NewBatch();
  nft::AddDeleteTable(NFPROTO_INET, kTable, remove);
  absl::Status s = exchange.Commit(std::move(remove), "remove the probe");
  if (!read.ok()) return read.status();
  if (!s.ok()) return s;
  for (const nft::Object& object : *read) {
    const auto* table = std::get_if<nft::TableInfo>(&object);
    if (table != nullptr && table->user_data == kUserData) {
      return absl::OkStatus();
    }
  }
  return absl::UnimplementedError("a table's user data are not kept");
}

v1::Feature FeatureOf(const char* name, const absl::Status& tried) {
  v1::Feature feature;
  feature.set_name(name);
  feature.set_present(tried.ok());
  if (!tried.ok()) feature.set_detail(tried.ToString());
  return feature;
}

}  // namespace

std::vector<v1::Feature> ProbeFeatures(NetlinkTransport& transport) {
  Exchange exchange(transport);
  RemoveLeftover(exchange);
  return {
      FeatureOf("nf_tables.inet", Try(exchange, [](Batch&) {})),
      FeatureOf("nf_tables.timeout", Try(exchange, AddTimeout)),
      FeatureOf("nf_tables.concatenation", Try(exchange, AddConcatenation)),
      FeatureOf("nf_tables.interval", Try(exchange, AddInterval)),
      FeatureOf("nf_tables.meta_time", Try(exchange, AddMetaTime)),
      FeatureOf("nf_tables.user_data", TryUserData(exchange)),
  };
}

}  // namespace sunder::agent
