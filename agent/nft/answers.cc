#include "agent/nft/answers.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "agent/nft/attributes.h"
#include "agent/nft/fingerprint.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

absl::Status ReadTable(absl::string_view bytes, uint8_t family,
                       Objects& objects) {
  TableInfo table;
  table.family = family;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_TABLE_NAME) return ReadString(a, table.name);
    if (a.type == NFTA_TABLE_USERDATA) table.user_data = std::string(a.value);
    return absl::OkStatus();
  });
  objects.push_back(std::move(table));
  return s;
}

absl::Status ReadHook(absl::string_view bytes, ChainInfo& chain) {
  chain.is_base = true;
  return ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_HOOK_HOOKNUM) return ReadU32(a, chain.hook);
    if (a.type != NFTA_HOOK_PRIORITY) return absl::OkStatus();
    uint32_t priority = 0;
    absl::Status s = ReadU32(a, priority);
    chain.priority = static_cast<int32_t>(priority);
    return s;
  });
}

absl::Status ReadChain(absl::string_view bytes, Objects& objects) {
  ChainInfo chain;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_CHAIN_TABLE) return ReadString(a, chain.table);
    if (a.type == NFTA_CHAIN_NAME) return ReadString(a, chain.name);
    if (a.type == NFTA_CHAIN_HOOK) return ReadHook(a.value, chain);
    return absl::OkStatus();
  });
  objects.push_back(std::move(chain));
  return s;
}

absl::Status ReadSet(absl::string_view bytes, Objects& objects) {
  SetInfo set;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_SET_TABLE) return ReadString(a, set.table);
    if (a.type == NFTA_SET_NAME) return ReadString(a, set.name);
    if (a.type == NFTA_SET_USERDATA) set.user_data = std::string(a.value);
    return absl::OkStatus();
  });
  objects.push_back(std::move(set));
  return s;
}

absl::Status ReadCounter(absl::string_view bytes, RuleInfo& rule) {
  uint64_t packets = 0, octets = 0;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_COUNTER_PACKETS) return ReadU64(a, packets);
    if (a.type == NFTA_COUNTER_BYTES) return ReadU64(a, octets);
    return absl::OkStatus();
  });
  rule.packets += packets;
  rule.bytes += octets;
  return s;
}

absl::Status ReadExpression(absl::string_view bytes, RuleInfo& rule) {
  std::string name;
  absl::string_view data;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_EXPR_NAME) return ReadString(a, name);
    if (a.type == NFTA_EXPR_DATA) data = a.value;
    return absl::OkStatus();
  });
  if (!s.ok() || name != "counter") return s;
  return ReadCounter(data, rule);
}

absl::Status ReadRule(absl::string_view bytes, Objects& objects) {
  RuleInfo rule;
  absl::Status s =
      ForEachAttribute(bytes, [&](const Attribute& a) -> absl::Status {
        if (a.type == NFTA_RULE_TABLE) return ReadString(a, rule.table);
        if (a.type == NFTA_RULE_CHAIN) return ReadString(a, rule.chain);
        if (a.type == NFTA_RULE_USERDATA) rule.user_data = std::string(a.value);
        if (a.type != NFTA_RULE_EXPRESSIONS) return absl::OkStatus();
        const absl::StatusOr<uint64_t> fingerprint = RuleFingerprint(a.value);
        if (!fingerprint.ok()) return fingerprint.status();
        rule.fingerprint = *fingerprint;
        return ForEachAttribute(a.value, [&](const Attribute& element) {
          return ReadExpression(element.value, rule);
        });
      });
  objects.push_back(std::move(rule));
  return s;
}

struct Element {
  absl::string_view key;
  uint32_t flags = 0;
  bool has_timeout = false;
  uint64_t expiration_millis = 0;
};

absl::Status ReadElement(absl::string_view bytes, Element& element) {
  return ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_SET_ELEM_FLAGS) return ReadU32(a, element.flags);
    if (a.type == NFTA_SET_ELEM_TIMEOUT) element.has_timeout = true;
    if (a.type == NFTA_SET_ELEM_EXPIRATION) {
      return ReadU64(a, element.expiration_millis);
    }
    if (a.type != NFTA_SET_ELEM_KEY) return absl::OkStatus();
    return ForEachAttribute(a.value, [&](const Attribute& data) {
      if (data.type == NFTA_DATA_VALUE) element.key = data.value;
      return absl::OkStatus();
    });
  });
}

absl::Status ReadElements(absl::string_view bytes, Objects& objects) {
  ElementsInfo elements;
  absl::string_view list;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_SET_ELEM_LIST_TABLE) {
      return ReadString(a, elements.table);
    }
    if (a.type == NFTA_SET_ELEM_LIST_SET) return ReadString(a, elements.set);
    if (a.type == NFTA_SET_ELEM_LIST_ELEMENTS) list = a.value;
    return absl::OkStatus();
  });
  if (!s.ok()) return s;
  s = ForEachAttribute(list, [&](const Attribute& a) {
    Element element;
    if (absl::Status e = ReadElement(a.value, element); !e.ok()) return e;
    ++elements.count;
    elements.fingerprint += ElementFingerprint(
        element.key, (element.flags & NFT_SET_ELEM_INTERVAL_END) != 0);
    if (element.has_timeout) {
      elements.timed.push_back(
          {std::string(element.key), element.expiration_millis});
    }
    return absl::OkStatus();
  });
  objects.push_back(std::move(elements));
  return s;
}

absl::Status ReadGeneration(absl::string_view bytes, Objects& objects) {
  GenerationInfo generation;
  absl::Status s = ForEachAttribute(bytes, [&](const Attribute& a) {
    if (a.type == NFTA_GEN_ID) return ReadU32(a, generation.id);
    return absl::OkStatus();
  });
  objects.push_back(generation);
  return s;
}

absl::Status ReadObject(uint8_t type, uint8_t family, absl::string_view bytes,
                        Answer& answer) {
  Objects objects;
  absl::Status s;
  switch (type) {
    case NFT_MSG_NEWTABLE:
      s = ReadTable(bytes, family, objects);
      break;
    case NFT_MSG_NEWCHAIN:
      s = ReadChain(bytes, objects);
      break;
    case NFT_MSG_NEWSET:
      s = ReadSet(bytes, objects);
      break;
    case NFT_MSG_NEWRULE:
      s = ReadRule(bytes, objects);
      break;
    case NFT_MSG_NEWSETELEM:
      s = ReadElements(bytes, objects);
      break;
    case NFT_MSG_NEWGEN:
      s = ReadGeneration(bytes, objects);
      break;
    default:
      return absl::OkStatus();
  }
  answer.content = std::move(objects);
  return s;
}

absl::Status ReadError(absl::string_view body, Outcome& outcome) {
  if (body.size() < sizeof outcome.error) {
    return absl::InvalidArgumentError("an error message has no code");
  }
  std::memcpy(&outcome.error, body.data(), sizeof outcome.error);
  return absl::OkStatus();
}

// The kernel's words follow the code and the header of the failed message.
void ReadErrorText(absl::string_view body, Outcome& outcome) {
  if (body.size() < sizeof(nlmsgerr)) return;
  // A text that does not add up is not worth losing the code for.
  (void)ForEachAttribute(
      body.substr(sizeof(nlmsgerr)), [&](const Attribute& a) {
        std::string text;
        if (a.type == NLMSGERR_ATTR_MSG && ReadString(a, text).ok()) {
          outcome.text = text;
        }
        return absl::OkStatus();
      });
}

absl::Status ReadOutcome(const nlmsghdr& header, absl::string_view body,
                         Answer& answer) {
  Outcome outcome;
  if (absl::Status s = ReadError(body, outcome); !s.ok()) return s;
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) != 0) ReadErrorText(body, outcome);
  // Negative on the wire. A code that cannot be one is still an error.
  if (outcome.error == INT32_MIN) outcome.error = 0x7fff;
  outcome.error = std::abs(outcome.error);
  if (header.nlmsg_type == NLMSG_DONE) {
    answer.content = DumpEnd{outcome.error};
  } else {
    answer.content = std::move(outcome);
  }
  return absl::OkStatus();
}

absl::StatusOr<Answer> ReadMessage(const nlmsghdr& header,
                                   absl::string_view body) {
  Answer answer;
  answer.sequence = header.nlmsg_seq;
  answer.interrupted = (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
  absl::Status s;
  if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
    s = ReadOutcome(header, body, answer);
  } else if (header.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES) {
    if (body.size() < sizeof(nfgenmsg)) {
      return absl::InvalidArgumentError("an nftables message is cut off");
    }
    s = ReadObject(header.nlmsg_type & 0xff, static_cast<uint8_t>(body[0]),
                   body.substr(sizeof(nfgenmsg)), answer);
  }
  if (!s.ok()) return s;
  return answer;
}

}  // namespace

absl::StatusOr<std::vector<Answer>> ParseAnswers(absl::string_view datagram) {
  std::vector<Answer> answers;
  while (!datagram.empty()) {
    nlmsghdr header{};
    if (datagram.size() < sizeof header) {
      return absl::InvalidArgumentError("a message's header is cut off");
    }
    std::memcpy(&header, datagram.data(), sizeof header);
    if (header.nlmsg_len < sizeof header ||
        header.nlmsg_len > datagram.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a message says it has ", header.nlmsg_len,
                       " bytes where ", datagram.size(), " are left"));
    }
    absl::StatusOr<Answer> answer = ReadMessage(
        header,
        datagram.substr(sizeof header, header.nlmsg_len - sizeof header));
    if (!answer.ok()) return answer.status();
    answers.push_back(*std::move(answer));
    datagram.remove_prefix(
        std::min(datagram.size(), size_t{NLMSG_ALIGN(header.nlmsg_len)}));
  }
  return answers;
}

}  // namespace sunder::agent::nft
