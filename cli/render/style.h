// How text may look where it goes: colours on a terminal, none elsewhere.

#ifndef SUNDER_CLI_RENDER_STYLE_H_
#define SUNDER_CLI_RENDER_STYLE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sunder::cli {

enum class Tone { kPlain, kStrong, kGood, kBad, kWarn, kFaint };

struct Style {
  bool colour = false;
  absl::TimeZone zone = absl::UTCTimeZone();

  // `text` in `tone`; the text itself where there are no colours.
  std::string Paint(Tone tone, absl::string_view text) const;
};

// `text` on one line and without control characters: what labels and foreign
// error messages contain must not steer the terminal.
std::string Clean(absl::string_view text);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_STYLE_H_
