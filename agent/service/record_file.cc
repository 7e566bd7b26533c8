#include "agent/service/record_file.h"

#include <zlib.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/service/durable_file.h"

namespace sunder::agent {
namespace {

// "sunder-agent-record 1 <crc32 of the rest>\n", then the message.
std::string HeaderOf(const std::string& message) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(message.data()),
                           message.size());
  return absl::StrFormat("sunder-agent-record 1 %08x\n", crc);
}

}  // namespace

absl::StatusOr<Record> RecordFile::Load() const {
  const absl::StatusOr<std::string> content = ReadWhole(path_);
  if (!content.ok()) return content.status();
  const size_t header_size = HeaderOf("").size();
  Record record;
  if (content->size() >= header_size) {
    const std::string message = content->substr(header_size);
    if (absl::StartsWith(*content, HeaderOf(message)) &&
        record.ParseFromString(message)) {
      return record;
    }
  }
  return absl::DataLossError(absl::StrCat(path_, " is damaged"));
}

absl::Status RecordFile::Store(const Record& record) const {
  const std::string message = record.SerializeAsString();
  return WriteDurably(path_, HeaderOf(message) + message);
}

}  // namespace sunder::agent
