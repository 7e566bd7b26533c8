#include "cli/render/machine.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace sunder::cli {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  // Fails for an Any of unknown type and for timestamps out of range alone.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options)
           .ok()) {
    return Json{{"error", "this message has no JSON form"}};
  }
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

// Text from outside may be no UTF-8, which must not end the program.
std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace);
}

// Without quotes, YAML would read some strings as numbers, booleans, times...
bool NeedsQuotes(const std::string& text) {
  static constexpr const char* kWords[] = {"true", "false", "yes", "no", "on",
                                           "off",  "null",  "y",   "n"};
  if (text.empty() || !(absl::ascii_isalpha(text[0]) || text[0] == '/')) {
    return true;
  }
  const std::string lower = absl::AsciiStrToLower(text);
  for (const char* word : kWords) {
    if (lower == word) return true;
  }
  return !std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' ||
           c == '.';
  });
}

// Lines that YAML's literal style gives back as they are: rulesets.
bool IsBlock(const std::string& text) {
  if (text.size() < 2 || text.back() != '\n' || text[text.size() - 2] == '\n' ||
      absl::ascii_isspace(static_cast<unsigned char>(text.front()))) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c == '\n' || c == '\t' || absl::ascii_isprint(c);
  });
}

void EmitString(YAML::Emitter& out, const std::string& text) {
  if (IsBlock(text)) {
    out << YAML::Literal << text;
  } else if (NeedsQuotes(text)) {
    out << YAML::DoubleQuoted << text;
  } else {
    out << text;
  }
}

void Emit(YAML::Emitter& out, const Json& json) {
  if (json.is_object()) {
    if (json.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, value] : json.items()) {
      out << YAML::Key;
      EmitString(out, key);
      out << YAML::Value;
      Emit(out, value);
    }
    out << YAML::EndMap;
  } else if (json.is_array()) {
    if (json.empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const Json& item : json) Emit(out, item);
    out << YAML::EndSeq;
  } else if (json.is_string()) {
    EmitString(out, json.get_ref<const std::string&>());
  } else {
    out << Dump(json, -1);  // Numbers, booleans, null: as in JSON.
  }
}

std::string ToYaml(const Json& json) {
  YAML::Emitter out;
  Emit(out, json);
  return absl::StrCat(out.c_str(), "\n");
}

}  // namespace

std::string Document(Format format, const std::vector<Part>& parts) {
  Json all = Json::object();
  for (const Part& part : parts) {
    const Json json = ToJson(*part.message);
    for (const auto& [key, value] : json.items()) {
      if (part.fields.empty() ||
          std::find(part.fields.begin(), part.fields.end(), key) !=
              part.fields.end()) {
        all[key] = value;
      }
    }
  }
  return format == Format::kYaml ? ToYaml(all)
                                 : absl::StrCat(Dump(all, 2), "\n");
}

std::string StreamItem(Format format,
                       const google::protobuf::Message& message) {
  const Json json = ToJson(message);
  return format == Format::kYaml ? absl::StrCat("---\n", ToYaml(json))
                                 : absl::StrCat(Dump(json, -1), "\n");
}

}  // namespace sunder::cli
