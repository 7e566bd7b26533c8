#include "controller/core/digest.h"

#include <cstdint>

namespace sunder::controller {
namespace {

// FNV-1a over 128 bits.
class Hash {
 public:
  void Add(const std::string& bytes) {
    for (size_t size = bytes.size(), i = 0; i < sizeof size; ++i) {
      AddByte(static_cast<uint8_t>(size >> (8 * i)));
    }
    for (const char byte : bytes) AddByte(static_cast<uint8_t>(byte));
  }

  std::string Result() const {
    std::string out;
    for (int shift = 120; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(value_ >> shift));
    }
    return out;
  }

 private:
  using Word = unsigned __int128;
  static constexpr Word Make(uint64_t high, uint64_t low) {
    return (static_cast<Word>(high) << 64) | low;
  }
  void AddByte(uint8_t byte) {
    value_ = (value_ ^ byte) * Make(0x0000000001000000, 0x000000000000013B);
  }
  Word value_ = Make(0x6C62272E07BB0142, 0x62B821756295C58D);
};

}  // namespace

std::string DigestOf(const sunder::v1::HostPlan& plan) {
  Hash hash;
  for (const auto& flow : plan.flows()) hash.Add(flow.SerializeAsString());
  hash.Add("");  // Ends the flows.
  for (const auto& tuple : plan.protected_()) {
    hash.Add(tuple.SerializeAsString());
  }
  return hash.Result();
}

}  // namespace sunder::controller
