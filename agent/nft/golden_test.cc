// The bytes that go to the kernel, held against files in golden/ that say
// beside each message what it means. A difference shows both sides. To accept
// one, run with SUNDER_UPDATE_GOLDEN=1 and read the diff of the files.

#include <arpa/inet.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/messages.h"
#include "agent/nft/objects.h"
#include "gtest/gtest.h"

namespace sunder::agent::nft {
namespace {

std::string Hex(absl::string_view bytes) {
  std::string out;
  for (size_t row = 0; row < bytes.size(); row += 16) {
    const absl::string_view part = bytes.substr(row, 16);
    std::string hex, text;
    for (char c : part) {
      absl::StrAppendFormat(&hex, "%02x ", static_cast<uint8_t>(c));
      text.push_back(c >= ' ' && c <= '~' ? c : '.');
    }
    absl::StrAppendFormat(&out, "%04x  %-48s %s\n", row, hex, text);
  }
  return out;
}

// One paragraph a message, its meaning above it; `lines` are the meanings.
std::string Describe(absl::string_view bytes, absl::string_view lines) {
  const std::vector<std::string> meanings = absl::StrSplit(lines, '\n');
  std::string out;
  size_t message = 0;
  while (!bytes.empty()) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    absl::StrAppend(&out, "# ",
                    message < meanings.size() ? meanings[message] : "?", "\n",
                    Hex(bytes.substr(0, header.nlmsg_len)), "\n");
    bytes.remove_prefix(NLMSG_ALIGN(header.nlmsg_len));
    ++message;
  }
  EXPECT_EQ(message, meanings.size());
  return out;
}

// Both texts, line by line, with a mark where they differ.
std::string SideBySide(const std::string& expected, const std::string& actual) {
  const std::vector<std::string> left = absl::StrSplit(expected, '\n');
  const std::vector<std::string> right = absl::StrSplit(actual, '\n');
  std::string out = absl::StrFormat("  %-74s %s\n", "golden", "now");
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string l = i < left.size() ? left[i] : "";
    const std::string r = i < right.size() ? right[i] : "";
    absl::StrAppendFormat(&out, "%c %-74s %s\n", l == r ? ' ' : '!', l, r);
  }
  return out;
}

void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string path = absl::StrCat(SUNDER_GOLDEN_DIR, "/", name, ".txt");
  if (std::getenv("SUNDER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << actual;
    ADD_FAILURE() << path << " is written anew: nothing was compared";
    return;
  }
  std::ifstream file(path);
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(expected == actual) << SideBySide(expected, actual);
}

// A Batch is finished by whoever commits it.
std::string Finished(Batch batch) {
  batch.Finish();
  return batch.bytes();
}

Program SmallProgram() {
  Program program;
  program.gate = 0x2a51;
  program.key = {"f00d", 7, "digest"};
  Set peers;
  peers.name = "set0";
  peers.fields = {Field::kSource, Field::kProtocol, Field::kSourcePort};
  peers.keys = std::string("\x0a\x4d\0\x02\x06\0\0\0\x1f\x90\0\0", 12) +
               std::string("\x0a\x4d\0\x03\x11\0\0\0\0\x35\0\0", 12);
  Set prefixes;
  prefixes.name = "set1";
  prefixes.family = Family::kIpv6;
  prefixes.fields = {Field::kDestination};
  prefixes.interval = true;
  prefixes.keys = std::string("\xfd", 1) + std::string(15, '\0') +
                  std::string("\xfd", 1) + std::string(15, '\xff');
  program.sets = {peers, prefixes};
  program.cuts = {{Family::kIpv4, {InSet{0}}}};
  program.spares = {
      {Family::kIpv6, {Equals{Field::kProtocol, "\x3a"}, InSet{1}}}};
  return program;
}

TEST(Golden, Stage) {
  Batch batch(1);
  AddStage(SmallProgram(), batch);
  ExpectGolden("stage", Describe(Finished(std::move(batch)), R"(begin
create table inet sunder_00002a51
create set inet sunder_00002a51 lease { type mark; flags timeout; }, of the host's byte order
create set ... set0 { type ipv4_addr . inet_proto . inet_service; size 2; }
add element ... set0 { 10.77.0.2 . tcp . 8080, 10.77.0.3 . udp . 53 }
create set ... set1 { type ipv6_addr; flags interval; }
add element ... set1 { fd00::/8 }: its first, and the first behind
create chain ... doomed
create chain ... gate
create chain ... unarmed
create chain ... cuts { type filter hook prerouting priority raw; policy accept; }
add rule ... doomed meta l4proto ipv6-icmp ip6 daddr @set1 accept
add rule ... doomed meta mark and 0 xor 0x2a51 @lease counter drop
add rule ... cuts ip saddr . meta l4proto . th sport @set0 goto gate
end)"));
}

TEST(Golden, Arm) {
  Batch batch(100);
  AddArm(0x2a51, WallInstant::FromNanos(1'800'000'000'123'456'789),
         WallInstant::FromNanos(1'800'000'001'357'456'789), 1234, batch);
  ExpectGolden("arm", Describe(Finished(std::move(batch)), R"(begin
delete chain inet sunder_00002a51 unarmed
flush chain inet sunder_00002a51 gate
add rule ... gate meta time >= 1800000000123456789 meta time < 1800000001357456789 goto doomed
create element ... lease { 0x2a51 timeout 1234ms }
end)"));
}

TEST(Golden, OpenRefreshRemove) {
  Batch open(200);
  AddOpen(0x2a51, open);
  Batch refresh(300);
  AddRefresh(0x2a51, 5000, refresh);
  Batch remove(400);
  AddRemove(0x2a51, remove);
  const std::string opened = Describe(Finished(std::move(open)), R"(begin
flush chain inet sunder_00002a51 gate
add rule ... gate goto doomed
end)");
  const std::string refreshed = Describe(Finished(std::move(refresh)), R"(begin
delete element ... lease { 0x2a51 }
create element ... lease { 0x2a51 timeout 5s }
end)");
  const std::string removed = Describe(Finished(std::move(remove)), R"(begin
delete table inet sunder_00002a51
end)");
  ExpectGolden("open_refresh_remove", absl::StrCat(opened, refreshed, removed));
}

TEST(Golden, Queries) {
  const std::string table = TableName(0x2a51);
  ExpectGolden(
      "queries",
      absl::StrCat(
          Describe(TablesQuery().Numbered(1), "list tables"),
          Describe(TableQuery(table).Numbered(2), "the table itself"),
          Describe(ChainQuery(table, "cuts").Numbered(3), "the chain itself"),
          Describe(SetsQuery(table).Numbered(4), "the table's sets"),
          Describe(RulesQuery(table).Numbered(5), "the table's rules"),
          Describe(ElementsQuery(table, "lease").Numbered(6),
                   "the set's elements")));
}

TEST(Batch, OnlyTheLastMessageAsksForAnAcknowledgement) {
  Batch batch(1);
  AddStage(SmallProgram(), batch);
  batch.Finish();
  absl::string_view bytes = batch.bytes();
  std::vector<uint32_t> acknowledged;
  while (!bytes.empty()) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if ((header.nlmsg_flags & NLM_F_ACK) != 0) {
      acknowledged.push_back(header.nlmsg_seq);
    }
    bytes.remove_prefix(header.nlmsg_len);
  }
  EXPECT_EQ(acknowledged, std::vector<uint32_t>{batch.ack_sequence()});
}

TEST(Elements, OfALargeSetGoIntoManyMessagesOfWhichNoNestIsTooLong) {
  Program program = SmallProgram();
  Set& set = program.sets[0];
  set.fields = {Field::kSource};
  set.keys.clear();
  for (uint32_t i = 0; i < 50'000; ++i) {
    const uint32_t key = htonl(i);
    set.keys.append(reinterpret_cast<const char*>(&key), sizeof key);
  }
  Batch batch(1);
  AddStage(program, batch);
  batch.Finish();
  absl::string_view bytes = batch.bytes();
  size_t messages = 0;
  while (!bytes.empty()) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    EXPECT_LE(header.nlmsg_len, 65'536u);
    bytes.remove_prefix(header.nlmsg_len);
    ++messages;
  }
  EXPECT_GT(messages, 15u);
}

}  // namespace
}  // namespace sunder::agent::nft
