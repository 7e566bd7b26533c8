// Whatever bytes come for an answer, reading them ends, and within them.

#include <cstddef>
#include <cstdint>

#include "agent/nft/answers.h"
#include "agent/nft/user_data.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sunder::agent::nft::DecodeRuleTag;
  using sunder::agent::nft::DecodeSetTag;
  using sunder::agent::nft::DecodeTableTag;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto answers = sunder::agent::nft::ParseAnswers(bytes);
  (void)answers;
  (void)DecodeTableTag(bytes);
  (void)DecodeRuleTag(bytes);
  (void)DecodeSetTag(bytes);
  return 0;
}
