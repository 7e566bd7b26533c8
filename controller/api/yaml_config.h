// The file of --config: YAML whose keys are the names of the options.

#ifndef SUNDER_CONTROLLER_API_YAML_CONFIG_H_
#define SUNDER_CONTROLLER_API_YAML_CONFIG_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace sunder::controller {

// Throws CLI11's own errors, which CLI11 catches.
class YamlConfig : public CLI::Config {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;
  // Nothing is ever written.
  std::string to_config(const CLI::App*, bool, bool,
                        std::string) const override {
    return "";
  }
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_YAML_CONFIG_H_
