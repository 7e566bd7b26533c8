#include "agent/nft/answers.h"

#include <errno.h>

#include <cstring>
#include <string>

#include "agent/nft/batch.h"
#include "agent/nft/fingerprint.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/writer.h"
#include "gtest/gtest.h"

namespace sunder::agent::nft {
namespace {

template <typename T>
std::string Raw(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string Message(uint16_t type, uint16_t flags, uint32_t sequence,
                    const std::string& body) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + body.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  header.nlmsg_seq = sequence;
  std::string bytes = Raw(header) + body;
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

std::string Error(int code, uint32_t sequence, const std::string& text = "") {
  std::string body = Raw(code) + Raw(nlmsghdr{});
  Writer words;
  if (!text.empty()) words.PutString(NLMSGERR_ATTR_MSG, text);
  return Message(NLMSG_ERROR, text.empty() ? 0 : NLM_F_ACK_TLVS, sequence,
                 body + words.bytes());
}

uint16_t Type(uint8_t message) {
  return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

// A message of an object, its attributes written by `put`.
template <typename Put>
std::string ObjectMessage(uint8_t type, Put put) {
  Writer writer;
  writer.Begin({Type(type), NLM_F_MULTI, 5, NFPROTO_INET, 0});
  put(writer);
  writer.End();
  return writer.bytes();
}

template <typename T>
T Only(const std::string& bytes) {
  const auto answers = ParseAnswers(bytes);
  EXPECT_TRUE(answers.ok()) << answers.status();
  if (!answers.ok() || answers->size() != 1) return T{};
  const Objects* objects = std::get_if<Objects>(&(*answers)[0].content);
  EXPECT_TRUE(objects != nullptr && objects->size() == 1);
  return std::get<T>((*objects)[0]);
}

std::string RuleMessage() {
  return ObjectMessage(NFT_MSG_NEWRULE, [](Writer& w) {
    w.PutString(NFTA_RULE_TABLE, "t");
    w.PutString(NFTA_RULE_CHAIN, "c");
    const size_t expressions = w.OpenNest(NFTA_RULE_EXPRESSIONS);
    for (const char* name : {"counter", "limit", "counter"}) {
      const size_t element = w.OpenNest(NFTA_LIST_ELEM);
      w.PutString(NFTA_EXPR_NAME, name);
      const size_t data = w.OpenNest(NFTA_EXPR_DATA);
      w.PutU64(NFTA_COUNTER_PACKETS, 3);
      w.PutU64(NFTA_COUNTER_BYTES, 200);
      w.CloseNest(data);
      w.CloseNest(element);
    }
    w.CloseNest(expressions);
    w.PutBytes(NFTA_RULE_USERDATA, "data");
  });
}

std::string ElementsMessage() {
  return ObjectMessage(NFT_MSG_NEWSETELEM, [](Writer& w) {
    w.PutString(NFTA_SET_ELEM_LIST_TABLE, "t");
    w.PutString(NFTA_SET_ELEM_LIST_SET, "s");
    const size_t list = w.OpenNest(NFTA_SET_ELEM_LIST_ELEMENTS);
    const size_t element = w.OpenNest(NFTA_LIST_ELEM);
    const size_t key = w.OpenNest(NFTA_SET_ELEM_KEY);
    w.PutBytes(NFTA_DATA_VALUE, "key!");
    w.CloseNest(key);
    w.PutU64(NFTA_SET_ELEM_TIMEOUT, 5000);
    w.PutU64(NFTA_SET_ELEM_EXPIRATION, 4999);
    w.CloseNest(element);
    w.CloseNest(list);
  });
}

TEST(Answers, SayWhatBecameOfEachMessage) {
  const auto answers =
      ParseAnswers(Error(-EEXIST, 7, "File exists") + Error(0, 8));
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->size(), 2u);
  EXPECT_EQ((*answers)[0].sequence, 7u);
  EXPECT_EQ(std::get<Outcome>((*answers)[0].content).error, EEXIST);
  EXPECT_EQ(std::get<Outcome>((*answers)[0].content).text, "File exists");
  EXPECT_EQ(std::get<Outcome>((*answers)[1].content).error, 0);
}

TEST(Answers, AnErrorOfAnyNumberIsAnError) {
  for (int code : {-1, 1, INT32_MIN, INT32_MAX}) {
    const auto answers = ParseAnswers(Error(code, 1));
    ASSERT_TRUE(answers.ok());
    EXPECT_GT(std::get<Outcome>((*answers)[0].content).error, 0) << code;
  }
}

TEST(Answers, ADumpEndsAndSaysWhetherItWasInterrupted) {
  const auto answers = ParseAnswers(
      Message(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, 5, Raw(0)));
  ASSERT_TRUE(answers.ok());
  EXPECT_TRUE((*answers)[0].interrupted);
  EXPECT_EQ(std::get<DumpEnd>((*answers)[0].content).error, 0);
}

TEST(Answers, ObjectsAreReadAsTheyAre) {
  const TableInfo table =
      Only<TableInfo>(ObjectMessage(NFT_MSG_NEWTABLE, [](Writer& w) {
        w.PutString(NFTA_TABLE_NAME, "t");
        w.PutU32(NFTA_TABLE_FLAGS, 0);
        w.PutBytes(NFTA_TABLE_USERDATA, "data");
      }));
  EXPECT_EQ(table.family, NFPROTO_INET);
  EXPECT_EQ(table.name, "t");
  EXPECT_EQ(table.user_data, "data");

  const ChainInfo chain =
      Only<ChainInfo>(ObjectMessage(NFT_MSG_NEWCHAIN, [](Writer& w) {
        w.PutString(NFTA_CHAIN_TABLE, "t");
        w.PutString(NFTA_CHAIN_NAME, "c");
        const size_t hook = w.OpenNest(NFTA_CHAIN_HOOK);
        w.PutU32(NFTA_HOOK_HOOKNUM, 3);
        w.PutU32(NFTA_HOOK_PRIORITY, static_cast<uint32_t>(-300));
        w.CloseNest(hook);
      }));
  EXPECT_TRUE(chain.is_base);
  EXPECT_EQ(chain.hook, 3u);
  EXPECT_EQ(chain.priority, -300);

  const RuleInfo rule = Only<RuleInfo>(RuleMessage());
  EXPECT_EQ(rule.chain, "c");
  EXPECT_EQ(rule.packets, 6u);
  EXPECT_EQ(rule.bytes, 400u);
  EXPECT_EQ(rule.user_data, "data");

  const ElementsInfo elements = Only<ElementsInfo>(ElementsMessage());
  EXPECT_EQ(elements.set, "s");
  EXPECT_EQ(elements.count, 1u);
  EXPECT_EQ(elements.fingerprint, ElementFingerprint("key!", false));
  ASSERT_EQ(elements.timed.size(), 1u);
  EXPECT_EQ(elements.timed[0].key, "key!");
  EXPECT_EQ(elements.timed[0].expiration_millis, 4999u);

  const GenerationInfo generation =
      Only<GenerationInfo>(ObjectMessage(NFT_MSG_NEWGEN, [](Writer& w) {
        w.PutU32(NFTA_GEN_ID, 77);
        w.PutString(NFTA_GEN_PROC_NAME, "nft");
      }));
  EXPECT_EQ(generation.id, 77u);
}

TEST(Answers, MessagesThatNobodyAskedForHaveNoContent) {
  const auto answers =
      ParseAnswers(Message(NLMSG_NOOP, 0, 1, "") +
                   Message(Type(NFT_MSG_NEWOBJ), 0, 2, "1234"));
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_TRUE(std::holds_alternative<std::monostate>((*answers)[0].content));
  EXPECT_TRUE(std::holds_alternative<std::monostate>((*answers)[1].content));
}

TEST(Answers, CutAnywhereAreAnErrorAndNeverReadBehindTheEnd) {
  for (const std::string& whole :
       {RuleMessage(), ElementsMessage(), Error(-ENOENT, 1, "no")}) {
    for (size_t n = 1; n < whole.size(); ++n) {
      // A copy of its own, so that a sanitizer sees a read behind its end.
      const std::string cut(whole.data(), n);
      EXPECT_FALSE(ParseAnswers(cut).ok()) << n;
    }
  }
}

TEST(Answers, WithAnyByteChangedAreReadOrRefused) {
  for (const std::string& whole :
       {RuleMessage(), ElementsMessage(), Error(-ENOENT, 1, "no")}) {
    for (size_t i = 0; i < whole.size(); ++i) {
      for (int change : {1, 0x7f, 0x80, 0xff}) {
        std::string bytes = whole;
        bytes[i] = static_cast<char>(bytes[i] ^ change);
        (void)ParseAnswers(bytes);  // Whatever it says, it comes back.
      }
    }
  }
}

TEST(Answers, NumbersOfTheWrongSizeAreRefused) {
  EXPECT_FALSE(ParseAnswers(ObjectMessage(NFT_MSG_NEWCHAIN, [](Writer& w) {
                 const size_t hook = w.OpenNest(NFTA_CHAIN_HOOK);
                 w.PutU64(NFTA_HOOK_HOOKNUM, 3);
                 w.CloseNest(hook);
               })).ok());
  EXPECT_FALSE(ParseAnswers(ObjectMessage(NFT_MSG_NEWTABLE, [](Writer& w) {
                 w.PutBytes(NFTA_TABLE_NAME, "unterminated");
               })).ok());
}

}  // namespace
}  // namespace sunder::agent::nft
