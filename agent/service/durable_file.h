// Small files that must be whole and on disk.

#ifndef SUNDER_AGENT_SERVICE_DURABLE_FILE_H_
#define SUNDER_AGENT_SERVICE_DURABLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sunder::agent {

// Replaces `path` by a file of mode 0600 with `content`, in one step, and
// returns when it is on disk. After an error the old file is there or the new.
absl::Status WriteDurably(const std::string& path, const std::string& content);

absl::Status SyncDirectory(const std::string& path);

absl::StatusOr<std::string> ReadWhole(const std::string& path);

// Makes `path` (mode 0700) and its parents where they are missing.
absl::Status MakeDirectories(const std::string& path);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_DURABLE_FILE_H_
