// URLs as libcurl reads them, so that what is checked is what is asked.

#ifndef SUNDER_CONTROLLER_DISCOVERY_URL_H_
#define SUNDER_CONTROLLER_DISCOVERY_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::controller {

struct Url {
  std::string text;    // The whole, normalised.
  std::string scheme;  // "http" or "https"
  std::string path;    // Begins with "/".
};

// Errors do not repeat what stands before an "@", which may be a password.
absl::StatusOr<Url> ParseUrl(const std::string& text);

// `text` as it must be for a base URL: http or https, without user, query or
// fragment; without a slash at its end.
absl::StatusOr<std::string> CheckBaseUrl(const std::string& text);

// Where an answer of `from` with this Location leads.
absl::StatusOr<Url> ResolveLocation(const Url& from,
                                    const std::string& location);

// Every byte that is not plain in a path is escaped; "/" stays.
std::string EscapePath(absl::string_view path);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_URL_H_
