// The store in STATE_DIR/controller.db, held by one process at a time (an flock
// on STATE_DIR/controller.lock, which also ends with the process).
//
// SQLite in WAL mode with synchronous=FULL: each commit is one synced append,
// and a commit that was answered survives loss of power (a rollback journal
// would need EXTRA for that). A database that is missing is made under another
// name and then renamed, so a file of that name is always whole or damaged,
// never young: what cannot be read is refused, not made anew.

#ifndef SUNDER_CONTROLLER_STORE_SQLITE_STORE_H_
#define SUNDER_CONTROLLER_STORE_SQLITE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/instant.h"
#include "common/unique_fd.h"
#include "controller/store/sqlite.h"
#include "controller/store/store.h"

namespace sunder::controller {

class SqliteStore : public Store {
 public:
  // Makes `state_dir` if it is missing, takes the lock and raises the term
  // (NextTerm).
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const std::string& state_dir, WallInstant now, uint64_t random);

  uint64_t term() const override { return term_; }
  absl::Status Put(const std::string& id, const std::string& record) override;
  absl::Status Delete(const std::string& id) override;
  absl::StatusOr<std::map<std::string, std::string>> Load() override;

 private:
  SqliteStore(UniqueFd lock, Sqlite db, uint64_t term);

  const UniqueFd lock_;  // Given up after db_ is closed.
  Sqlite db_;
  const uint64_t term_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_STORE_SQLITE_STORE_H_
