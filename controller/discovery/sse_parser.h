// Server-sent events, byte by byte as they arrive: the rules of the HTML
// standard, with bounds. Pure; owned by one reader of one stream.

#ifndef SUNDER_CONTROLLER_DISCOVERY_SSE_PARSER_H_
#define SUNDER_CONTROLLER_DISCOVERY_SSE_PARSER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sunder::controller {

struct SseEvent {
  std::string type;  // "message" where the stream names none.
  std::string data;
  std::string id;  // The last one that the stream gave.

  friend bool operator==(const SseEvent&, const SseEvent&) = default;
};

class SseParser {
 public:
  struct Limits {
    size_t line = size_t{8} << 20;
    size_t event = size_t{16} << 20;
  };

  SseParser() : SseParser(Limits{}) {}
  explicit SseParser(const Limits& limits) : limits_(limits) {}

  // Appends the events that `piece` completes. However a stream is cut into
  // pieces, the events are the same. RESOURCE_EXHAUSTED: a line or an event
  // above its limit; from then on every call fails.
  absl::Status Feed(absl::string_view piece, std::vector<SseEvent>& events);

  // How long the stream wants us to wait before we connect again.
  std::optional<absl::Duration> retry() const { return retry_; }

 private:
  void TakeLine(std::vector<SseEvent>& events);
  void TakeField(absl::string_view name, absl::string_view value);
  void Dispatch(std::vector<SseEvent>& events);

  const Limits limits_;
  absl::Status broken_;
  std::string line_;
  bool first_line_ = true;     // Where a byte order mark may stand.
  bool after_return_ = false;  // A CR ended the line before; LF belongs to it.
  bool has_data_ = false;
  SseEvent event_;
  std::optional<absl::Duration> retry_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_SSE_PARSER_H_
