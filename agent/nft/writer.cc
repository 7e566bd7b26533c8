#include "agent/nft/writer.h"

#include <arpa/inet.h>
#include <endian.h>

#include <cassert>
#include <cstring>

#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

template <typename T>
absl::string_view BytesOf(const T& value) {
  return absl::string_view(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
void Append(const T& value, std::string& bytes) {
  const absl::string_view raw = BytesOf(value);
  bytes.append(raw.data(), raw.size());
}

void Align(std::string& bytes) { bytes.resize(NLMSG_ALIGN(bytes.size())); }

}  // namespace

void Writer::Begin(const MessageHeader& header) {
  message_ = bytes_.size();
  nlmsghdr h{};  // Its length is filled in by End.
  h.nlmsg_type = header.type;
  h.nlmsg_flags = header.flags;
  h.nlmsg_seq = header.sequence;
  Append(h, bytes_);
  nfgenmsg g{};
  g.nfgen_family = header.family;
  g.version = NFNETLINK_V0;
  g.res_id = htons(header.resource);
  Append(g, bytes_);
}

void Writer::End() {
  const auto length = static_cast<uint32_t>(bytes_.size() - message_);
  std::memcpy(&bytes_[message_ + offsetof(nlmsghdr, nlmsg_len)], &length,
              sizeof length);
}

void Writer::AddFlagsToLast(uint16_t flags) {
  char* const place = &bytes_[message_ + offsetof(nlmsghdr, nlmsg_flags)];
  uint16_t all = 0;
  std::memcpy(&all, place, sizeof all);
  all |= flags;
  std::memcpy(place, &all, sizeof all);
}

void Writer::PutBytes(uint16_t attribute, absl::string_view value) {
  nlattr a{};
  a.nla_len = static_cast<uint16_t>(NLA_HDRLEN + value.size());
  a.nla_type = attribute;
  Append(a, bytes_);
  bytes_.append(value.data(), value.size());
  Align(bytes_);
}

void Writer::PutString(uint16_t attribute, absl::string_view value) {
  std::string terminated(value);
  terminated.push_back('\0');
  PutBytes(attribute, terminated);
}

void Writer::PutU8(uint16_t attribute, uint8_t value) {
  PutBytes(attribute, BytesOf(value));
}

void Writer::PutU32(uint16_t attribute, uint32_t value) {
  PutBytes(attribute, BytesOf(htobe32(value)));
}

void Writer::PutU64(uint16_t attribute, uint64_t value) {
  PutBytes(attribute, BytesOf(htobe64(value)));
}

size_t Writer::OpenNest(uint16_t attribute) {
  const size_t place = bytes_.size();
  PutBytes(attribute | NLA_F_NESTED, "");
  return place;
}

void Writer::CloseNest(size_t place) {
  assert(NestBytes(place) <= UINT16_MAX);
  const auto length = static_cast<uint16_t>(NestBytes(place));
  std::memcpy(&bytes_[place + offsetof(nlattr, nla_len)], &length,
              sizeof length);
}

}  // namespace sunder::agent::nft
