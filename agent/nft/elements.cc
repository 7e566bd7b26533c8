#include "agent/nft/elements.h"

#include <cstring>

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
  absl::string_view With(const char* key) {
    std::memcpy(&bytes_[key_at_], key, width_);
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

void AddHashElements(const std::string& table, const Set& set, Batch& batch) {
  const size_t width = set.ValueBytes();
  Frame frame(width, 0);
  batch.writer().Reserve(set.size() * (frame.size() + 1) + 4096);
  ElementList list(table, set, batch);
  for (size_t at = 0; at < set.keys.size(); at += width) {
    list.Put(frame.With(&set.keys[at]));
  }
}

// To the kernel, an interval is an element that begins it and another that is
// the first behind it; none where it goes on to the end.
void AddIntervalElements(const std::string& table, const Set& set,
                         Batch& batch) {
  const size_t width = set.ValueBytes();
  Frame begin(width, 0), end(width, NFT_SET_ELEM_INTERVAL_END);
  ElementList list(table, set, batch);
  for (size_t at = 0; at < set.keys.size(); at += 2 * width) {
    list.Put(begin.With(&set.keys[at]));
    std::string behind = set.keys.substr(at + width, width);
    if (Increment(behind)) list.Put(end.With(behind.data()));
  }
}

}  // namespace

void AddElements(const std::string& table, const Set& set, Batch& batch) {
  if (set.interval) {
    AddIntervalElements(table, set, batch);
  } else {
    AddHashElements(table, set, batch);
  }
}

}  // namespace sunder::agent::nft
