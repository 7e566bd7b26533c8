#include "controller/store/sqlite_store.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/errno_status.h"
#include "controller/core/term.h"
#include "controller/store/state_dir.h"

namespace sunder::controller {
namespace {

constexpr char kApplicationId[] = "1398099538";  // "SUNR"
constexpr char kSchemaVersion[] = "1";
constexpr char kFaultsTable[] =
    "CREATE TABLE faults (id BLOB PRIMARY KEY, record BLOB NOT NULL) "
    "WITHOUT ROWID";
constexpr char kAdvice[] =
    ". Restore the file from a copy; or, once the leases of its faults have "
    "run out (some seconds after the last controller stopped), move it away "
    "and start again: agents heal by themselves. The new controller makes its "
    "term from the clock. Where that clock was ahead before, agents obey a "
    "higher term, which the controller then says: stop it, have sqlite3 run "
    "\"UPDATE term SET value=...\" with theirs on the new file, and start it "
    "again";

absl::Status Refuse(const std::string& path, const std::string& why) {
  return absl::DataLossError(
      absl::StrCat("the controller's database ", path, " ", why, kAdvice));
}

absl::Status BuildEmpty(const std::string& path) {
  absl::StatusOr<Sqlite> db = Sqlite::Open(path, Sqlite::Mode::kCreate);
  if (!db.ok()) return db.status();
  return db->RunAll({
      absl::StrCat("PRAGMA application_id=", kApplicationId),
      absl::StrCat("PRAGMA user_version=", kSchemaVersion),
      "CREATE TABLE term (value INTEGER NOT NULL)",
      "INSERT INTO term VALUES (0)",
      kFaultsTable,
  });
}

// Makes an empty database at `path` with all its parts or not at all.
absl::Status Create(const std::string& dir, const std::string& path) {
  const std::string young = path + ".new";
  for (const char* suffix : {"", "-journal"}) {  // Of a crash in here.
    const std::string left = young + suffix;
    if (unlink(left.c_str()) != 0 && errno != ENOENT) {
      return ErrnoStatus(errno, "remove " + left);
    }
  }
  if (absl::Status s = BuildEmpty(young); !s.ok()) return s;
  if (rename(young.c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, "rename " + young + " to " + path);
  }
  return SyncDir(dir);
}

// Whether the file is a sound database of ours and of this version.
absl::Status Check(Sqlite& db, const std::string& path) {
  auto application = db.Run("PRAGMA application_id");
  auto version = db.Run("PRAGMA user_version");
  auto sound = db.Run("PRAGMA integrity_check(3)");
  for (const auto* answer : {&application, &version, &sound}) {
    if (absl::IsDataLoss(answer->status())) {
      return Refuse(path, absl::StrCat("is damaged or none of ours: ",
                                       answer->status().message()));
    }
    if (!answer->ok()) return answer->status();
  }
  if ((*application)[0][0] != kApplicationId) {
    return Refuse(path, "was not made by sunder-controller");
  }
  if ((*version)[0][0] != kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the controller's database ", path, " has version ", (*version)[0][0],
        ", and this sunder-controller knows version ", kSchemaVersion,
        ": start the one that made it, or give another --state-dir"));
  }
  if ((*sound)[0][0] != "ok") {
    return Refuse(path, absl::StrCat("is damaged: ", (*sound)[0][0]));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> RaiseTerm(Sqlite& db, const std::string& path,
                                   WallInstant now, uint64_t random) {
  auto rows = db.Run("SELECT value FROM term");
  if (!rows.ok()) return rows.status();
  uint64_t last = 0;
  if (rows->size() != 1 || !absl::SimpleAtoi((*rows)[0][0], &last)) {
    return Refuse(path, "has no single term");
  }
  const uint64_t term = NextTerm(last, now, random);
  absl::Status raised =
      db.Run(absl::StrCat("UPDATE term SET value=", term)).status();
  if (!raised.ok()) return raised;
  return term;
}

}  // namespace

SqliteStore::SqliteStore(UniqueFd lock, Sqlite db, uint64_t term)
    : lock_(std::move(lock)), db_(std::move(db)), term_(term) {}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const std::string& state_dir, WallInstant now, uint64_t random) {
  absl::StatusOr<UniqueFd> lock = LockStateDir(state_dir);
  if (!lock.ok()) return lock.status();
  const std::string path = state_dir + "/controller.db";
  if (access(path.c_str(), F_OK) != 0) {
    if (errno != ENOENT) return ErrnoStatus(errno, "look for " + path);
    absl::Status created = Create(state_dir, path);
    if (!created.ok()) return created;
  }
  absl::StatusOr<Sqlite> db = Sqlite::Open(path, Sqlite::Mode::kExisting);
  if (!db.ok()) return db.status();
  // Exclusive before WAL: then SQLite needs no shared memory beside the file.
  if (auto s = db->Run("PRAGMA locking_mode=EXCLUSIVE"); !s.ok()) {
    return s.status();
  }
  if (absl::Status s = Check(*db, path); !s.ok()) return s;
  auto mode = db->Run("PRAGMA journal_mode=WAL");
  if (!mode.ok()) return mode.status();
  if ((*mode)[0][0] != "wal") {
    return absl::InternalError(absl::StrCat(
        path, ": SQLite stays in journal mode ", (*mode)[0][0],
        " where WAL was asked for; is it on a file system without locks?"));
  }
  if (auto s = db->Run("PRAGMA synchronous=FULL"); !s.ok()) return s.status();
  absl::StatusOr<uint64_t> term = RaiseTerm(*db, path, now, random);
  if (!term.ok()) return term.status();
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(*std::move(lock), *std::move(db), *term));
}

absl::Status SqliteStore::Put(const std::string& id,
                              const std::string& record) {
  return db_.Run("INSERT OR REPLACE INTO faults VALUES (?, ?)", {id, record})
      .status();
}

absl::Status SqliteStore::Delete(const std::string& id) {
  return db_.Run("DELETE FROM faults WHERE id=?", {id}).status();
}

absl::StatusOr<std::map<std::string, std::string>> SqliteStore::Load() {
  auto rows = db_.Run("SELECT id, record FROM faults");
  if (!rows.ok()) return rows.status();
  std::map<std::string, std::string> records;
  for (Sqlite::Row& row : *rows) {
    records.emplace(std::move(row[0]), std::move(row[1]));
  }
  return records;
}

}  // namespace sunder::controller
