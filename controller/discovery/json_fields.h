// JSON from outside, read with suspicion: bounded in depth, never throwing,
// each field's type checked. Plain values and functions; nothing is shared.

#ifndef SUNDER_CONTROLLER_DISCOVERY_JSON_FIELDS_H_
#define SUNDER_CONTROLLER_DISCOVERY_JSON_FIELDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace sunder::controller {

inline constexpr int kMaxJsonDepth = 100;

// INVALID_ARGUMENT says what the text is instead: empty, HTML, too deep, or
// where it stops being JSON.
absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text);

// `text` shortened to what fits an error message, unprintable bytes as "?".
std::string Excerpt(absl::string_view text);

// Only such texts survive in a protocol buffer.
bool IsUtf8(const std::string& text);

// Reads an object's fields. A missing field and null have the default; a field
// of a wrong type has it too and is remembered: look at status() at the end.
class FieldReader {
 public:
  // `object` outlives the reader. Something else than an object is an error.
  explicit FieldReader(const nlohmann::json& object);

  std::string String(const char* name);
  std::string RequiredString(const char* name);
  // Whole numbers from `low` to `high`; anything else is an error.
  int64_t Integer(const char* name, int64_t low, int64_t high,
                  int64_t otherwise);
  std::vector<int> Ports(const char* name);        // Each 1..65535.
  const nlohmann::json* Object(const char* name);  // nullptr: missing
  const nlohmann::json* Array(const char* name);
  // Whatever is there; nullptr where it is missing or null.
  const nlohmann::json* Any(const char* name) const;

  // The first error, naming the field.
  const absl::Status& status() const { return status_; }

 private:
  void Wrong(const char* name, absl::string_view wanted,
             const nlohmann::json& found);

  const nlohmann::json& object_;
  absl::Status status_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_JSON_FIELDS_H_
