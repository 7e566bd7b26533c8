// The agent's record on disk: one file, replaced as a whole. A file that is
// missing or does not match its checksum is no record; the agent sweeps then.

#ifndef SUNDER_AGENT_SERVICE_RECORD_FILE_H_
#define SUNDER_AGENT_SERVICE_RECORD_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/core/record.pb.h"

namespace sunder::agent {

class RecordFile {
 public:
  explicit RecordFile(const std::string& state_dir)
      : path_(state_dir + "/record") {}

  // NOT_FOUND: there is none. DATA_LOSS: it is damaged.
  absl::StatusOr<Record> Load() const;
  absl::Status Store(const Record& record) const;

 private:
  const std::string path_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_RECORD_FILE_H_
