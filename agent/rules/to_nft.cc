#include "agent/rules/to_nft.h"

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/address.h"

namespace sunder::agent {
namespace {

absl::string_view TypeOf(Field field, Family family) {
  switch (field) {
    case Field::kSource:
    case Field::kDestination:
      return family == Family::kIpv4 ? "ipv4_addr" : "ipv6_addr";
    case Field::kProtocol:
      return "inet_proto";
    case Field::kSourcePort:
    case Field::kDestinationPort:
      return "inet_service";
    case Field::kIcmpType:
      return "icmpv6_type";
  }
  std::abort();
}

std::string Expression(Field field, Family family) {
  const absl::string_view ip = family == Family::kIpv4 ? "ip" : "ip6";
  switch (field) {
    case Field::kSource:
      return absl::StrCat(ip, " saddr");
    case Field::kDestination:
      return absl::StrCat(ip, " daddr");
    case Field::kProtocol:
      return "meta l4proto";
    case Field::kSourcePort:
      return "th sport";
    case Field::kDestinationPort:
      return "th dport";
    case Field::kIcmpType:
      return "icmpv6 type";
  }
  std::abort();
}

// `bytes` begins with the field's value.
std::string ValueText(Field field, Family family, absl::string_view bytes) {
  const auto* b = reinterpret_cast<const uint8_t*>(bytes.data());
  switch (FieldBytes(field, family)) {
    case 1:
      return absl::StrCat(b[0]);
    case 2:
      return absl::StrCat(b[0] << 8 | b[1]);
    case 4:
      return Address::V4({b[0], b[1], b[2], b[3]}).ToString();
    default:
      std::array<uint8_t, 16> v6{};
      std::copy(b, b + v6.size(), v6.begin());
      return Address::V6(v6).ToString();
  }
}

std::string ElementText(const Set& set, absl::string_view key) {
  if (set.interval) {
    const size_t half = set.ValueBytes();
    const std::string first = ValueText(set.fields[0], set.family, key);
    const std::string last =
        ValueText(set.fields[0], set.family, key.substr(half));
    return first == last ? first : absl::StrCat(first, "-", last);
  }
  std::string text;
  for (Field field : set.fields) {
    absl::StrAppend(&text, text.empty() ? "" : " . ",
                    ValueText(field, set.family, key));
    if (set.fields.size() == 1) break;
    key.remove_prefix(PaddedFieldBytes(field, set.family));
  }
  return text;
}

void AppendSet(const Set& set, std::string& out) {
  std::vector<absl::string_view> types;
  types.reserve(set.fields.size());
  for (Field field : set.fields) types.push_back(TypeOf(field, set.family));
  absl::StrAppend(&out, "\tset ", set.name, " {\n\t\ttype ",
                  absl::StrJoin(types, " . "), "\n");
  if (set.interval) {
    absl::StrAppend(&out, "\t\tflags interval\n");
  } else {
    absl::StrAppend(&out, "\t\tsize ", set.size(), "\n");
  }
  absl::StrAppend(&out, "\t\telements = { ");
  const size_t width = set.KeyBytes();
  for (size_t i = 0; i < set.size(); ++i) {
    absl::StrAppend(
        &out, i == 0 ? "" : ",\n\t\t\t     ",
        ElementText(set, absl::string_view(set.keys).substr(i * width, width)));
  }
  absl::StrAppend(&out, " }\n\t}\n\n");
}

std::string MatchText(const Match& match, Family family,
                      const Program& program) {
  if (const Equals* equals = std::get_if<Equals>(&match)) {
    return absl::StrCat(Expression(equals->field, family), " ",
                        ValueText(equals->field, family, equals->value));
  }
  const Set& set = program.sets[std::get<InSet>(match).set];
  std::vector<std::string> fields;
  fields.reserve(set.fields.size());
  for (Field field : set.fields) fields.push_back(Expression(field, family));
  return absl::StrCat(absl::StrJoin(fields, " . "), " @", set.name);
}

void AppendRule(const Rule& rule, const Program& program,
                absl::string_view verdict, std::string& out) {
  // An address's expression says the family by itself.
  std::string text = absl::StrCat(
      "meta nfproto ", rule.family == Family::kIpv4 ? "ipv4" : "ipv6");
  for (const Match& match : rule.matches) {
    absl::StrAppend(&text, " ", MatchText(match, rule.family, program));
  }
  absl::StrAppend(&out, "\t\t", text, " ", verdict, "\n");
}

}  // namespace

std::string ToNft(const Program& program) {
  std::string out = absl::StrFormat(
      "table inet %s { # fault %s, generation %d\n", TableName(program.gate),
      absl::CHexEscape(program.key.fault_id), program.key.generation);
  absl::StrAppend(&out, "\tset ", kLeaseSet,
                  " {\n\t\ttype mark\n\t\tflags timeout\n\t}\n\n");
  for (const Set& set : program.sets) AppendSet(set, out);
  // What is gone to comes first.
  absl::StrAppend(&out, "\tchain ", kDoomedChain, " {\n");
  for (const Rule& rule : program.spares) {
    AppendRule(rule, program, "accept", out);
  }
  absl::StrAppendFormat(
      &out,
      "\t\tmeta mark and 0 xor 0x%08x @%s counter drop\n\t}\n"
      "\n\tchain %s {\n\t\tgoto %s\n\t}\n"
      "\n\tchain %s {\n"
      "\t\ttype filter hook prerouting priority raw; policy accept;\n",
      program.gate, kLeaseSet, kGateChain, kDoomedChain, kCutsChain);
  const std::string verdict = absl::StrCat("goto ", kGateChain);
  for (const Rule& rule : program.cuts) {
    AppendRule(rule, program, verdict, out);
  }
  absl::StrAppend(&out, "\t}\n}\n");
  return out;
}

}  // namespace sunder::agent
