// Results for programs: the protos' JSON form, and YAML made from it. Every
// field is there, also where it has its default value.

#ifndef SUNDER_CLI_RENDER_MACHINE_H_
#define SUNDER_CLI_RENDER_MACHINE_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace sunder::cli {

enum class Format { kTable, kJson, kYaml };

// Fields of one message, by their JSON names; none named: all.
struct Part {
  const google::protobuf::Message* message;
  std::vector<std::string> fields;
};

// One document: the parts' fields side by side.
std::string Document(Format format, const std::vector<Part>& parts);

// One document of a stream of them: a line of JSON, or YAML behind "---".
std::string StreamItem(Format format, const google::protobuf::Message& message);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_MACHINE_H_
