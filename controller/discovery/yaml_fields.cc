#include "controller/discovery/yaml_fields.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/discovery/json_fields.h"

namespace sunder::controller {
namespace {

constexpr size_t kMaxErrors = 10;
constexpr size_t kMaxVisited = 2'000'000;

const char* Kind(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "a text";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    default:
      return "nothing";
  }
}

}  // namespace

void YamlErrors::Add(const YAML::Mark& mark, const std::string& what) {
  if (lines_.size() >= kMaxErrors) return;
  lines_.push_back(mark.is_null()
                       ? absl::StrCat(file_, ": ", what)
                       : absl::StrCat(file_, ":", mark.line + 1, ": ", what));
}

bool YamlErrors::Exhausted() {
  if (++visited_ == kMaxVisited) {
    Add(YAML::Mark::null_mark(),
        "it holds too much; is there a loop of aliases?");
  }
  return visited_ >= kMaxVisited || lines_.size() >= kMaxErrors;
}

absl::Status YamlErrors::status() const {
  if (lines_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(lines_, "\n"));
}

void EachOf(const YAML::Node& list, const std::string& what, YamlErrors& errors,
            const YamlVisitor& visit) {
  if (!list.IsDefined() || list.IsNull()) return;
  if (!list.IsSequence()) {
    errors.Add(list, absl::StrCat(what, " is ", Kind(list), ", not a list"));
    return;
  }
  for (const YAML::Node& entry : list) {
    if (errors.Exhausted()) return;
    visit(entry);
  }
}

void ReadMap(const YAML::Node& map, const std::string& what,
             const std::vector<YamlKey>& keys, YamlErrors& errors) {
  if (!map.IsMap()) {
    errors.Add(map, absl::StrCat(what, " is ", Kind(map), ", not a map"));
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (errors.Exhausted()) return;
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const auto key =
        std::find_if(keys.begin(), keys.end(),
                     [&name](const YamlKey& k) { return k.name == name; });
    if (key == keys.end()) {
      errors.Add(
          entry.first,
          absl::StrCat(
              what, " has the key \"", Excerpt(name), "\"; allowed are ",
              absl::StrJoin(keys, ", ", [](std::string* out, const YamlKey& k) {
                out->append(k.name);
              })));
    } else if (!seen.insert(name).second) {
      errors.Add(entry.first, absl::StrCat(what, " has ", name, " twice"));
    } else {
      key->read(entry.second);
    }
  }
  for (const YamlKey& key : keys) {
    if (key.required && seen.count(key.name) == 0) {
      errors.Add(map, absl::StrCat(what, " has no ", key.name));
    }
  }
}

void ReadTexts(
    const YAML::Node& map, const std::string& what, YamlErrors& errors,
    const std::function<void(const std::string&, const std::string&)>& take) {
  if (map.IsNull()) return;
  if (!map.IsMap()) {
    errors.Add(map, absl::StrCat(what, " is ", Kind(map), ", not a map"));
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (errors.Exhausted()) return;
    const auto name = ReadText(entry.first, "a name in " + what, errors);
    const auto value = ReadText(entry.second, "a value in " + what, errors);
    if (!name || !value) continue;
    if (!seen.insert(*name).second) {
      errors.Add(entry.first, absl::StrCat(what, " has ", *name, " twice"));
    } else {
      take(*name, *value);
    }
  }
}

std::optional<std::string> ReadText(const YAML::Node& node,
                                    const std::string& what,
                                    YamlErrors& errors) {
  if (!node.IsScalar()) {
    errors.Add(node, absl::StrCat(what, " is ", Kind(node), ", not a text"));
    return std::nullopt;
  }
  const std::string& text = node.Scalar();
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  const char* wrong = text.empty()    ? " is empty"
                      : has_control   ? " has a control character"
                      : !IsUtf8(text) ? " is not UTF-8"
                                      : nullptr;
  if (wrong != nullptr) {
    errors.Add(node, absl::StrCat(what, wrong));
    return std::nullopt;
  }
  return text;
}

}  // namespace sunder::controller
