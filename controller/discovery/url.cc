#include "controller/discovery/url.h"

#include <curl/curl.h>

#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sunder::controller {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURLU, UrlDeleter>;

std::optional<std::string> Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  const std::unique_ptr<char, TextDeleter> owned(text);
  return std::string(text);
}

std::string WithoutUser(const std::string& text) {
  const size_t at = text.rfind('@');
  return at == std::string::npos ? text : absl::StrCat("...", text.substr(at));
}

// Sets `text` on `url` (relative to what it holds) and reads the result.
absl::StatusOr<Url> Read(CURLU* url, const std::string& text) {
  const CURLUcode code = curl_url_set(url, CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", WithoutUser(text), "\" is not a URL: ", curl_url_strerror(code)));
  }
  Url result{Part(url, CURLUPART_URL).value_or(""),
             Part(url, CURLUPART_SCHEME).value_or(""),
             Part(url, CURLUPART_PATH).value_or("/")};
  if (result.scheme != "http" && result.scheme != "https") {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", WithoutUser(text), "\" is neither http:// nor https://"));
  }
  if (Part(url, CURLUPART_USER) || Part(url, CURLUPART_PASSWORD)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the URL \"", WithoutUser(text),
                     "\" has a user in it; credentials go into a file"));
  }
  return result;
}

}  // namespace

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  return Read(Handle(curl_url()).get(), text);
}

absl::StatusOr<std::string> CheckBaseUrl(const std::string& text) {
  const Handle handle(curl_url());
  absl::StatusOr<Url> url = Read(handle.get(), text);
  if (!url.ok()) return url.status();
  if (Part(handle.get(), CURLUPART_QUERY) ||
      Part(handle.get(), CURLUPART_FRAGMENT)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the base URL \"", text, "\" ends in a query or a fragment"));
  }
  while (absl::EndsWith(url->text, "/")) url->text.pop_back();
  return url->text;
}

absl::StatusOr<Url> ResolveLocation(const Url& from,
                                    const std::string& location) {
  const Handle handle(curl_url());
  absl::StatusOr<Url> base = Read(handle.get(), from.text);
  if (!base.ok()) return base;
  return Read(handle.get(), location);
}

std::string EscapePath(absl::string_view path) {
  std::string result;
  for (const char c : path) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        absl::StrContains("/-._~", absl::string_view(&c, 1))) {
      result += c;
    } else {
      absl::StrAppendFormat(&result, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return result;
}

}  // namespace sunder::controller
