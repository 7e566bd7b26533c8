#include "agent/nft/elements.h"

#include <cstring>

#include "agent/nft/fingerprint.h"
#include "agent/nft/linux_nftables.h"

namespace sunder::agent::nft {
namespace {

// A whole element attribute for keys of one width, of which only the key
// changes.
class Frame {
 public:
  Frame(size_t width, uint32_t flags) : width_(width) {
    Writer writer;
    const size_t element = writer.OpenNest(NFTA_LIST_ELEM);
    if (flags != 0) writer.PutU32(NFTA_SET_ELEM_FLAGS, flags);
    const size_t key = writer.OpenNest(NFTA_SET_ELEM_KEY);
    key_at_ = writer.bytes().size() + NLA_HDRLEN;
    writer.PutBytes(NFTA_DATA_VALUE, std::string(width, '\0'));
    writer.CloseNest(key);
    writer.CloseNest(element);
    bytes_ = std::move(writer).Take();
  }
  size_t size() const { return bytes_.size(); }
  absl::string_view With(absl::string_view key) {
    std::memcpy(&bytes_[key_at_], key.data(), width_);
    return bytes_;
  }

 private:
  const size_t width_;
  size_t key_at_ = 0;
  std::string bytes_;
};

// Opens a new message whenever the list of the present one is full.
class ElementList {
 public:
  ElementList(const std::string& table, const Set& set, Batch& batch)
      : table_(table), set_(set), batch_(batch) {}
  ~ElementList() { Close(); }
  ElementList(const ElementList&) = delete;
  ElementList& operator=(const ElementList&) = delete;

  void Put(absl::string_view element) {
    if (open_ && writer().NestBytes(list_) + element.size() > kMaxNest) Close();
    if (!open_) Open();
    writer().PutRaw(element);
  }

 private:
  Writer& writer() { return batch_.writer(); }
  void Open() {
    batch_.Begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE, NFPROTO_INET);
    writer().PutString(NFTA_SET_ELEM_LIST_TABLE, table_);
    writer().PutString(NFTA_SET_ELEM_LIST_SET, set_.name);
    list_ = writer().OpenNest(NFTA_SET_ELEM_LIST_ELEMENTS);
    open_ = true;
  }
  void Close() {
    if (!open_) return;
    writer().CloseNest(list_);
    batch_.End();
    open_ = false;
  }

  const std::string& table_;
  const Set& set_;
  Batch& batch_;
  size_t list_ = 0;
  bool open_ = false;
};

// `value` + 1 as a big-endian number. False where it was the greatest one.
bool Increment(std::string& value) {
  for (size_t i = value.size(); i-- > 0;) {
    value[i] = static_cast<char>(static_cast<uint8_t>(value[i]) + 1);
    if (value[i] != 0) return true;
  }
  return false;
}

// Calls `use` with the key of each element, and whether it ends an interval. To
// the kernel, an interval is an element that begins it and another that is the
// first behind it; none where it goes on to the end.
template <typename Use>
void ForEachElement(const Set& set, Use use) {
  const size_t width = set.ValueBytes();
  const absl::string_view keys = set.keys;
  if (!set.interval) {
    for (size_t at = 0; at < keys.size(); at += width) {
      use(keys.substr(at, width), false);
    }
    return;
  }
  for (size_t at = 0; at < keys.size(); at += 2 * width) {
    use(keys.substr(at, width), false);
    std::string behind(keys.substr(at + width, width));
    if (Increment(behind)) use(behind, true);
  }
}

}  // namespace

SetTag TagOf(const Set& set) {
  SetTag tag;
  ForEachElement(set, [&](absl::string_view key, bool ends_interval) {
    ++tag.count;
    tag.fingerprint += ElementFingerprint(key, ends_interval);
  });
  return tag;
}

void AddElements(const std::string& table, const Set& set, Batch& batch) {
  const size_t width = set.ValueBytes();
  Frame frame(width, 0), end(width, NFT_SET_ELEM_INTERVAL_END);
  batch.writer().Reserve(set.keys.size() / width * (end.size() + 1) + 4096);
  ElementList list(table, set, batch);
  ForEachElement(set, [&](absl::string_view key, bool ends_interval) {
    list.Put((ends_interval ? end : frame).With(key));
  });
}

}  // namespace sunder::agent::nft
