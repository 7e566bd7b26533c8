// Whatever a stream sends and however it is cut: the same events, within
// bounds. The first byte says how it is cut.

#include <cstdint>
#include <cstdlib>

#include "controller/discovery/sse_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sunder::controller;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const size_t step = 1 + data[0] % 7;
  const absl::string_view stream(reinterpret_cast<const char*>(data) + 1,
                                 size - 1);
  const SseParser::Limits limits{.line = 64, .event = 128};
  SseParser whole(limits);
  std::vector<SseEvent> expected;
  const absl::Status status = whole.Feed(stream, expected);
  SseParser pieces(limits);
  std::vector<SseEvent> events;
  for (size_t at = 0; at < stream.size(); at += step) {
    static_cast<void>(pieces.Feed(stream.substr(at, step), events));
  }
  if (events != expected || pieces.retry() != whole.retry()) std::abort();
  if (!status.ok() && whole.Feed("data: x\n\n", expected).ok()) std::abort();
  for (const SseEvent& event : expected) {
    if (event.type.empty() || event.data.size() > limits.event) std::abort();
  }
  return 0;
}
