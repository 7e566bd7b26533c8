#include "agent/nft/attributes.h"

#include <endian.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

absl::Status WrongSize(const Attribute& attribute, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("attribute ", attribute.type,
                                                 " of ", attribute.value.size(),
                                                 " bytes is not ", wanted));
}

}  // namespace

absl::Status ForEachAttribute(
    absl::string_view bytes,
    absl::FunctionRef<absl::Status(const Attribute&)> visit) {
  while (!bytes.empty()) {
    nlattr header{};
    if (bytes.size() < sizeof header) {
      return absl::InvalidArgumentError("an attribute's header is cut off");
    }
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("an attribute says it has ", header.nla_len,
                       " bytes where ", bytes.size(), " are left"));
    }
    absl::Status s =
        visit({static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK),
               bytes.substr(sizeof header, header.nla_len - sizeof header)});
    if (!s.ok()) return s;
    bytes.remove_prefix(
        std::min(bytes.size(), static_cast<size_t>(NLA_ALIGN(header.nla_len))));
  }
  return absl::OkStatus();
}

absl::Status ReadU32(const Attribute& attribute, uint32_t& value) {
  if (attribute.value.size() != sizeof value) {
    return WrongSize(attribute, "a 32-bit number");
  }
  std::memcpy(&value, attribute.value.data(), sizeof value);
  value = be32toh(value);
  return absl::OkStatus();
}

absl::Status ReadU64(const Attribute& attribute, uint64_t& value) {
  if (attribute.value.size() != sizeof value) {
    return WrongSize(attribute, "a 64-bit number");
  }
  std::memcpy(&value, attribute.value.data(), sizeof value);
  value = be64toh(value);
  return absl::OkStatus();
}

absl::Status ReadString(const Attribute& attribute, std::string& value) {
  if (attribute.value.empty() ||
      attribute.value.find('\0') != attribute.value.size() - 1) {
    return WrongSize(attribute, "a terminated string");
  }
  value = std::string(attribute.value.substr(0, attribute.value.size() - 1));
  return absl::OkStatus();
}

}  // namespace sunder::agent::nft
