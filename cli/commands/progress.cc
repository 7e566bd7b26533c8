#include "cli/commands/progress.h"

#include "cli/render/words.h"

namespace sunder::cli {

Progress::Progress(const Environment& environment, BootInstant now)
    : environment_(environment), began_(now) {}

void Progress::Show(const std::string& line, BootInstant now) {
  if (!environment_.err_is_terminal || now - began_ < absl::Seconds(1)) return;
  environment_.err << "\r\033[K" << line << " ("
                   << ShortDuration(absl::Trunc(now - began_, absl::Seconds(1)))
                   << ")" << std::flush;
  shown_ = true;
}

void Progress::Clear() {
  if (shown_) environment_.err << "\r\033[K" << std::flush;
  shown_ = false;
}

}  // namespace sunder::cli
