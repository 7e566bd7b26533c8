#include "controller/discovery/json_fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sunder::controller {
namespace {

using nlohmann::json;

constexpr size_t kExcerpt = 120;

// How deep arrays and objects nest, as far as can be told without parsing.
int Depth(absl::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!quoted && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return deepest;
}

// Only finds out where a text stops being JSON.
class ErrorFinder : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    position_ = position;
    return false;
  }
  size_t position() const { return position_; }

 private:
  size_t position_ = 0;
};

std::string WhyNotJson(absl::string_view text) {
  ErrorFinder finder;
  json::sax_parse(text.begin(), text.end(), &finder);
  if (finder.position() > text.size()) {
    return absl::StrCat("JSON that breaks off after ", text.size(), " bytes");
  }
  const size_t at = finder.position() == 0 ? 0 : finder.position() - 1;
  return absl::StrCat("no JSON: byte ", at, " is wrong, near \"",
                      Excerpt(text.substr(at > 20 ? at - 20 : 0, 40)), "\"");
}

}  // namespace

std::string Excerpt(absl::string_view text) {
  std::string result(text.substr(0, kExcerpt));
  for (char& c : result) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  if (text.size() > kExcerpt) result += "...";
  return result;
}

bool IsUtf8(const std::string& text) {
  const json value = text;
  using Handler = json::error_handler_t;
  return value.dump(-1, ' ', false, Handler::ignore) ==
         value.dump(-1, ' ', false, Handler::replace);
}

absl::StatusOr<json> ParseJson(absl::string_view text) {
  const absl::string_view bare = absl::StripLeadingAsciiWhitespace(text);
  if (bare.empty()) return absl::InvalidArgumentError("an empty body");
  if (bare.front() == '<') {
    return absl::InvalidArgumentError(
        absl::StrCat("HTML in place of JSON: \"", Excerpt(bare), "\""));
  }
  if (Depth(text) > kMaxJsonDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("JSON nested deeper than ", kMaxJsonDepth));
  }
  json result = json::parse(text.begin(), text.end(), nullptr, false);
  if (result.is_discarded()) {
    return absl::InvalidArgumentError(WhyNotJson(text));
  }
  return result;
}

FieldReader::FieldReader(const json& object) : object_(object) {
  if (!object.is_object()) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat("is a JSON ", object.type_name(), ", not an object"));
  }
}

const json* FieldReader::Any(const char* name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  if (found == object_.end() || found->is_null()) return nullptr;
  return &*found;
}

void FieldReader::Wrong(const char* name, absl::string_view wanted,
                        const json& found) {
  if (!status_.ok()) return;
  const std::string is = found.is_structured()
                             ? std::string("an ") + found.type_name()
                             : Excerpt(found.dump());
  status_ = absl::InvalidArgumentError(
      absl::StrCat(name, " is ", is, ", not ", wanted));
}

std::string FieldReader::String(const char* name) {
  const json* value = Any(name);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    Wrong(name, "text", *value);
    return "";
  }
  return value->get<std::string>();
}

std::string FieldReader::RequiredString(const char* name) {
  std::string value = String(name);
  if (value.empty() && status_.ok()) {
    status_ = absl::InvalidArgumentError(absl::StrCat("has no ", name));
  }
  return value;
}

int64_t FieldReader::Integer(const char* name, int64_t low, int64_t high,
                             int64_t otherwise) {
  const json* value = Any(name);
  if (value == nullptr) return otherwise;
  // An unsigned number above int64's end turns negative in get<int64_t>().
  const bool fits =
      value->is_number_integer() &&
      !(value->is_number_unsigned() &&
        value->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX));
  if (!fits || value->get<int64_t>() < low || value->get<int64_t>() > high) {
    Wrong(name, absl::StrCat("a whole number from ", low, " to ", high),
          *value);
    return otherwise;
  }
  return value->get<int64_t>();
}

std::vector<int> FieldReader::Ports(const char* name) {
  std::vector<int> ports;
  const json* list = Array(name);
  if (list == nullptr) return ports;
  for (const json& port : *list) {
    // The parser makes each number that is not negative an unsigned one.
    const uint64_t number =
        port.is_number_unsigned() ? port.get<uint64_t>() : 0;
    if (number < 1 || number > 65535) {
      Wrong(name, "ports from 1 to 65535", port);
      return {};
    }
    ports.push_back(static_cast<int>(number));
  }
  return ports;
}

const json* FieldReader::Object(const char* name) {
  const json* value = Any(name);
  if (value == nullptr || value->is_object()) return value;
  Wrong(name, "an object", *value);
  return nullptr;
}

const json* FieldReader::Array(const char* name) {
  const json* value = Any(name);
  if (value == nullptr || value->is_array()) return value;
  Wrong(name, "a list", *value);
  return nullptr;
}

}  // namespace sunder::controller
