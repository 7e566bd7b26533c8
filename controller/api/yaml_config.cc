#include "controller/api/yaml_config.h"

#include <utility>

#include "yaml-cpp/yaml.h"

namespace sunder::controller {
namespace {

CLI::ConfigItem ItemOf(const std::string& key, const YAML::Node& value) {
  CLI::ConfigItem item;
  item.name = key;
  if (value.IsScalar()) {
    item.inputs.push_back(value.Scalar());
    return item;
  }
  if (!value.IsSequence()) {
    throw CLI::ConfigError(key + " must be a value or a list of values");
  }
  for (const YAML::Node& entry : value) {
    if (!entry.IsScalar()) {
      throw CLI::ConfigError(key + " must be a list of plain values");
    }
    item.inputs.push_back(entry.Scalar());
  }
  return item;
}

}  // namespace

std::vector<CLI::ConfigItem> YamlConfig::from_config(
    std::istream& input) const {
  try {
    const YAML::Node root = YAML::Load(input);
    if (root.IsNull()) return {};
    if (!root.IsMap()) {
      throw CLI::ConfigError(
          "the configuration must be a map from option to value");
    }
    std::vector<CLI::ConfigItem> items;
    for (const auto& entry : root) {
      items.push_back(ItemOf(entry.first.Scalar(), entry.second));
    }
    return items;
  } catch (const YAML::Exception& error) {
    throw CLI::ConfigError(std::string("the configuration is no YAML: ") +
                           error.what());
  }
}

}  // namespace sunder::controller
