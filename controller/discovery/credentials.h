// What Marathon wants to see before it answers: HTTP basic authentication or a
// DC/OS token. A plain value; its text never appears in a log or an error.

#ifndef SUNDER_CONTROLLER_DISCOVERY_CREDENTIALS_H_
#define SUNDER_CONTROLLER_DISCOVERY_CREDENTIALS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::controller {

// At most one of the two is set.
struct Credentials {
  std::string username, password;  // HTTP basic.
  std::string token;               // Sent as "Authorization: token=<token>".

  bool empty() const { return username.empty() && token.empty(); }
  // The value of the Authorization header; "" where there are none.
  std::string Header() const;
};

// `text` is one line: "user:password" or "token=...". Blank lines and lines
// that begin with # are skipped.
absl::StatusOr<Credentials> ParseCredentials(absl::string_view text);
absl::StatusOr<Credentials> ReadCredentials(const std::string& path);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_CREDENTIALS_H_
