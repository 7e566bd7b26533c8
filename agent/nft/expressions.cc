#include "agent/nft/expressions.h"

#include <endian.h>

#include <cstdlib>
#include <cstring>

#include "absl/functional/function_ref.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

template <typename T>
std::string HostOrder(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

void PutExpression(absl::string_view name,
                   absl::FunctionRef<void(Writer&)> put_data, Writer& writer) {
  const size_t element = writer.OpenNest(NFTA_LIST_ELEM);
  writer.PutString(NFTA_EXPR_NAME, name);
  const size_t data = writer.OpenNest(NFTA_EXPR_DATA);
  put_data(writer);
  writer.CloseNest(data);
  writer.CloseNest(element);
}

void PutData(uint16_t attribute, absl::string_view value, Writer& writer) {
  const size_t nest = writer.OpenNest(attribute);
  writer.PutBytes(NFTA_DATA_VALUE, value);
  writer.CloseNest(nest);
}

// By the name that the kernel uses when it lists a rule: one that begins a
// whole 16-byte register has that one's.
void PutRegister(uint16_t attribute, uint32_t word, Writer& writer) {
  const uint32_t index = word - NFT_REG32_00;
  writer.PutU32(attribute, index % 4 == 0 ? NFT_REG_1 + index / 4 : word);
}

void LoadMeta(uint32_t key, uint32_t to, Writer& writer) {
  PutExpression(
      "meta",
      [=](Writer& w) {
        w.PutU32(NFTA_META_KEY, key);
        PutRegister(NFTA_META_DREG, to, w);
      },
      writer);
}

void LoadPayload(uint32_t base, uint32_t offset, uint32_t length, uint32_t to,
                 Writer& writer) {
  PutExpression(
      "payload",
      [=](Writer& w) {
        PutRegister(NFTA_PAYLOAD_DREG, to, w);
        w.PutU32(NFTA_PAYLOAD_BASE, base);
        w.PutU32(NFTA_PAYLOAD_OFFSET, offset);
        w.PutU32(NFTA_PAYLOAD_LEN, length);
      },
      writer);
}

void Compare(uint32_t op, absl::string_view value, Writer& writer) {
  PutExpression(
      "cmp",
      [=](Writer& w) {
        PutRegister(NFTA_CMP_SREG, NFT_REG32_00, w);
        w.PutU32(NFTA_CMP_OP, op);
        PutData(NFTA_CMP_DATA, value, w);
      },
      writer);
}

void LookUp(absl::string_view set, Writer& writer) {
  PutExpression(
      "lookup",
      [=](Writer& w) {
        w.PutString(NFTA_LOOKUP_SET, set);
        PutRegister(NFTA_LOOKUP_SREG, NFT_REG32_00, w);
      },
      writer);
}

// `chain` for NFT_GOTO only.
void PutVerdict(int32_t code, absl::string_view chain, Writer& writer) {
  PutExpression(
      "immediate",
      [=](Writer& w) {
        w.PutU32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
        const size_t data = w.OpenNest(NFTA_IMMEDIATE_DATA);
        const size_t verdict = w.OpenNest(NFTA_DATA_VERDICT);
        w.PutU32(NFTA_VERDICT_CODE, static_cast<uint32_t>(code));
        if (!chain.empty()) w.PutString(NFTA_VERDICT_CHAIN, chain);
        w.CloseNest(verdict);
        w.CloseNest(data);
      },
      writer);
}

void Load(Field field, Family family, uint32_t to, Writer& writer) {
  const bool v4 = family == Family::kIpv4;
  const auto length = static_cast<uint32_t>(FieldBytes(field, family));
  switch (field) {
    case Field::kSource:
      return LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, length, to,
                         writer);
    case Field::kDestination:
      return LoadPayload(NFT_PAYLOAD_NETWORK_HEADER, v4 ? 16 : 24, length, to,
                         writer);
    case Field::kProtocol:
      return LoadMeta(NFT_META_L4PROTO, to, writer);
    case Field::kSourcePort:
    case Field::kIcmpType:
      return LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, length, to, writer);
    case Field::kDestinationPort:
      return LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, length, to, writer);
  }
  std::abort();
}

void PutMatch(const Match& match, Family family, const Program& program,
              Writer& writer) {
  if (const Equals* equals = std::get_if<Equals>(&match)) {
    Load(equals->field, family, NFT_REG32_00, writer);
    Compare(NFT_CMP_EQ, equals->value, writer);
    return;
  }
  const Set& set = program.sets[std::get<InSet>(match).set];
  uint32_t to = NFT_REG32_00;
  for (Field field : set.fields) {
    Load(field, family, to, writer);
    to += static_cast<uint32_t>(PaddedFieldBytes(field, family) / 4);
  }
  LookUp(set.name, writer);
}

void PutMatches(const Rule& rule, const Program& program, Writer& writer) {
  LoadMeta(NFT_META_NFPROTO, NFT_REG32_00, writer);
  Compare(NFT_CMP_EQ,
          HostOrder<uint8_t>(rule.family == Family::kIpv4 ? NFPROTO_IPV4
                                                          : NFPROTO_IPV6),
          writer);
  for (const Match& match : rule.matches) {
    PutMatch(match, rule.family, program, writer);
  }
}

void CompareTime(uint32_t op, WallInstant instant, Writer& writer) {
  LoadMeta(NFT_META_TIME_NS, NFT_REG32_00, writer);
  // Comparisons other than for equality are of bytes, from the first to the
  // last.
  PutExpression(
      "byteorder",
      [](Writer& w) {
        PutRegister(NFTA_BYTEORDER_SREG, NFT_REG32_00, w);
        PutRegister(NFTA_BYTEORDER_DREG, NFT_REG32_00, w);
        w.PutU32(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
        w.PutU32(NFTA_BYTEORDER_LEN, 8);
        w.PutU32(NFTA_BYTEORDER_SIZE, 8);
      },
      writer);
  Compare(op, HostOrder(htobe64(static_cast<uint64_t>(instant.nanos()))),
          writer);
}

}  // namespace

void PutCut(const Rule& rule, const Program& program, Writer& writer) {
  PutMatches(rule, program, writer);
  PutVerdict(NFT_GOTO, kGateChain, writer);
}

void PutSpare(const Rule& rule, const Program& program, Writer& writer) {
  PutMatches(rule, program, writer);
  PutVerdict(NF_ACCEPT, "", writer);
}

void PutTimeIsAtLeast(WallInstant start, Writer& writer) {
  CompareTime(NFT_CMP_GTE, start, writer);
}

void PutTimeIsBefore(WallInstant end, Writer& writer) {
  CompareTime(NFT_CMP_LT, end, writer);
}

void PutGate(Writer& writer) { PutVerdict(NFT_GOTO, kDoomedChain, writer); }

void PutLeasedDrop(GateId gate, Writer& writer) {
  // (mark & 0) ^ gate: a constant key in a form that nft prints and reads back.
  // A constant put straight into the register works too, but its listing does
  // not parse, and would break `nft list ruleset > file` of the whole host.
  LoadMeta(NFT_META_MARK, NFT_REG32_00, writer);
  PutExpression(
      "bitwise",
      [=](Writer& w) {
        PutRegister(NFTA_BITWISE_SREG, NFT_REG32_00, w);
        PutRegister(NFTA_BITWISE_DREG, NFT_REG32_00, w);
        w.PutU32(NFTA_BITWISE_LEN, sizeof gate);
        PutData(NFTA_BITWISE_MASK, HostOrder<uint32_t>(0), w);
        PutData(NFTA_BITWISE_XOR, HostOrder<uint32_t>(gate), w);
      },
      writer);
  LookUp(kLeaseSet, writer);
  PutExpression(
      "counter", [](Writer&) {}, writer);
  PutVerdict(NF_DROP, "", writer);
}

}  // namespace sunder::agent::nft
