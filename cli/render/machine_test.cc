#include "cli/render/machine.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "cli/testing/faults.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageDifferencer;

TEST(Document, JsonIsTheProtosOwnAndComesBackWhole) {
  const v1::Fault fault = HalvesHealed();
  v1::Fault back;
  ASSERT_TRUE(
      JsonStringToMessage(Document(Format::kJson, {{&fault, {}}}), &back).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(fault, back));
}

TEST(Document, NamesEnumsAndKeepsDefaultValues) {
  const v1::Fault fault = HalvesInForce();
  const auto json =
      nlohmann::json::parse(Document(Format::kJson, {{&fault, {}}}));
  EXPECT_EQ(json["state"], "FAULT_STATE_IN_FORCE");
  EXPECT_EQ(json["hosts"][1]["droppedPackets"], "0");
  EXPECT_EQ(json["spec"]["hold"], false);
  EXPECT_EQ(json["reason"], "");
}

TEST(Document, PutsFieldsOfSeveralMessagesSideBySide) {
  const auto topology =
      FromText<v1::Topology>("hosts { name: 'n1' } warnings: 'w'");
  const auto agents = FromText<controller::v1::ListAgentsResponse>(
      "agents { host: 'n1' } term: 3");
  const auto json = nlohmann::json::parse(
      Document(Format::kJson, {{&topology, {"hosts"}}, {&agents, {"agents"}}}));
  EXPECT_EQ(json["hosts"][0]["name"], "n1");
  EXPECT_EQ(json["agents"][0]["reachable"], false);
  EXPECT_EQ(json.size(), 2u);
}

// Every scalar of `json` as YAML's reader sees it in `yaml`, with its type.
void ExpectSame(const nlohmann::json& json, const YAML::Node& yaml) {
  if (json.is_object()) {
    ASSERT_TRUE(yaml.IsMap());
    for (const auto& [key, value] : json.items()) ExpectSame(value, yaml[key]);
  } else if (json.is_array()) {
    ASSERT_TRUE(yaml.IsSequence());
    ASSERT_EQ(yaml.size(), json.size());
    for (size_t i = 0; i < json.size(); ++i) ExpectSame(json[i], yaml[i]);
  } else if (json.is_string()) {
    EXPECT_EQ(yaml.as<std::string>(), json.get<std::string>());
  } else {
    EXPECT_EQ(yaml.Tag(), "?");  // A plain scalar: number, boolean or null.
    EXPECT_EQ(yaml.as<std::string>(), json.dump());
  }
}

TEST(Document, YamlSaysTheSameAsJson) {
  controller::v1::CreateFaultResponse response;
  *response.mutable_fault() = HalvesInForce();
  for (const char* text : {"true",
                           "no",
                           "12",
                           "1e3",
                           "0x1f",
                           "null",
                           "~",
                           "",
                           " padded ",
                           "a: b",
                           "- a",
                           "#c",
                           "'q'",
                           "\"q\"",
                           "1970-01-01",
                           "gr\xc3\xb6\xc3\x9f",
                           "table inet {\n\tchain {\n\t}\n}\n",
                           "line\nline",
                           "\ttab",
                           "a\\b"}) {
    response.add_rulesets()->set_ruleset(text);
  }
  const std::string json = Document(Format::kJson, {{&response, {}}});
  const std::string yaml = Document(Format::kYaml, {{&response, {}}});
  ExpectSame(nlohmann::json::parse(json), YAML::Load(yaml));
}

TEST(Document, YamlReadersDoNotTakeStringsForOtherTypes) {
  const auto topology = FromText<v1::Topology>("warnings: 'no' warnings: '12'");
  const std::string yaml = Document(Format::kYaml, {{&topology, {"warnings"}}});
  EXPECT_EQ(yaml, "warnings:\n  - \"no\"\n  - \"12\"\n");
}

TEST(StreamItem, JsonIsOneLineAndYamlOneDocument) {
  const std::string json = StreamItem(Format::kJson, HalvesInForce());
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(json)["generation"], "1");
  const std::string yaml = StreamItem(Format::kYaml, HalvesInForce());
  EXPECT_EQ(YAML::LoadAll(yaml + yaml).size(), 2u);
}

TEST(Document, BytesThatAreNoUtf8DoNotEndTheProgram) {
  v1::Topology topology;
  topology.add_warnings("bad \xff byte");
  EXPECT_FALSE(Document(Format::kJson, {{&topology, {}}}).empty());
  EXPECT_FALSE(Document(Format::kYaml, {{&topology, {}}}).empty());
}

}  // namespace
}  // namespace sunder::cli
