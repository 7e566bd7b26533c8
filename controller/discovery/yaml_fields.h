// Reads YAML nodes into values and gathers what is wrong with them, each with
// its line. Owned by one reading of one file; the shell that calls yaml-cpp's
// parser catches what it throws.

#ifndef SUNDER_CONTROLLER_DISCOVERY_YAML_FIELDS_H_
#define SUNDER_CONTROLLER_DISCOVERY_YAML_FIELDS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "yaml-cpp/yaml.h"

namespace sunder::controller {

class YamlErrors {
 public:
  explicit YamlErrors(std::string file) : file_(std::move(file)) {}

  void Add(const YAML::Mark& mark, const std::string& what);
  void Add(const YAML::Node& node, const std::string& what) {
    Add(node.Mark(), what);
  }
  // True where so much was read or is wrong that it is time to stop: aliases
  // can make a small file endless.
  bool Exhausted();
  bool empty() const { return lines_.empty(); }
  absl::Status status() const;  // OK, or all errors.

 private:
  const std::string file_;
  std::vector<std::string> lines_;
  size_t visited_ = 0;
};

using YamlVisitor = std::function<void(const YAML::Node&)>;

// Calls `visit` for each entry of a list. A node that is missing is an empty
// list.
void EachOf(const YAML::Node& list, const std::string& what, YamlErrors& errors,
            const YamlVisitor& visit);

struct YamlKey {
  std::string name;
  YamlVisitor read;
  bool required = false;
};
// Reads a map whose keys are `keys`; others, repeated and missing ones are
// errors.
void ReadMap(const YAML::Node& map, const std::string& what,
             const std::vector<YamlKey>& keys, YamlErrors& errors);

// A map of any keys to texts.
void ReadTexts(
    const YAML::Node& map, const std::string& what, YamlErrors& errors,
    const std::function<void(const std::string&, const std::string&)>& take);

// UTF-8 text that is not empty and has no control characters; nullopt: an error
// was added.
std::optional<std::string> ReadText(const YAML::Node& node,
                                    const std::string& what,
                                    YamlErrors& errors);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_YAML_FIELDS_H_
