#include "controller/discovery/credentials.h"

#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/errno_status.h"

namespace sunder::controller {
namespace {

constexpr absl::string_view kTokenPrefix = "token=";

absl::StatusOr<Credentials> ParseLine(absl::string_view line) {
  for (const char c : line) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(
          "the credentials contain a control character");
    }
  }
  Credentials result;
  const size_t colon = line.find(':');
  if (absl::StartsWith(line, kTokenPrefix)) {
    result.token = std::string(line.substr(kTokenPrefix.size()));
  } else if (colon != absl::string_view::npos) {
    result.username = std::string(line.substr(0, colon));
    result.password = std::string(line.substr(colon + 1));
  }
  if (result.empty()) {
    return absl::InvalidArgumentError(
        "credentials are \"user:password\" or \"token=...\"");
  }
  return result;
}

}  // namespace

std::string Credentials::Header() const {
  if (!token.empty()) return absl::StrCat(kTokenPrefix, token);
  if (username.empty()) return "";
  return absl::StrCat(
      "Basic ", absl::Base64Escape(absl::StrCat(username, ":", password)));
}

absl::StatusOr<Credentials> ParseCredentials(absl::string_view text) {
  std::vector<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line.front() != '#') lines.push_back(line);
  }
  if (lines.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("credentials are one line, and there are ", lines.size()));
  }
  return ParseLine(lines.front());
}

absl::StatusOr<Credentials> ReadCredentials(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return ErrnoStatus(errno != 0 ? errno : EIO,
                       absl::StrCat("open credentials ", path));
  }
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  absl::StatusOr<Credentials> result = ParseCredentials(text);
  if (!result.ok()) {
    return absl::Status(result.status().code(),
                        absl::StrCat(path, ": ", result.status().message()));
  }
  return result;
}

}  // namespace sunder::controller
