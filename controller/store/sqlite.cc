#include "controller/store/sqlite.h"

#include <errno.h>
#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/errno_status.h"

namespace sunder::controller {
namespace {

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

absl::StatusCode CodeOf(int result, int system_error) {
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return system_error == 0 ? absl::StatusCode::kInternal
                               : ErrnoStatus(system_error, "").code();
    default:
      return absl::StatusCode::kInternal;
  }
}

Sqlite::Row RowOf(sqlite3_stmt* statement) {
  Sqlite::Row row;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    // The bytes must be asked for before their number.
    const auto* bytes =
        static_cast<const char*>(sqlite3_column_blob(statement, i));
    const int size = sqlite3_column_bytes(statement, i);
    row.emplace_back(bytes == nullptr ? "" : bytes, size);
  }
  return row;
}

}  // namespace

void Sqlite::Closer::operator()(sqlite3* db) const { sqlite3_close(db); }

Sqlite::Sqlite(std::string path, Handle db)
    : path_(std::move(path)), db_(std::move(db)) {}

absl::StatusOr<Sqlite> Sqlite::Open(const std::string& path, Mode mode) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  if (db == nullptr) return absl::ResourceExhaustedError("out of memory");
  Sqlite opened(path, Handle(db));
  if (result != SQLITE_OK) return opened.Error("open");
  return opened;
}

absl::Status Sqlite::Error(const std::string& what) const {
  const int result = sqlite3_extended_errcode(db_.get());
  const int system_error = sqlite3_system_errno(db_.get());
  std::string message = absl::StrCat(path_, ": ", what, ": ",
                                     sqlite3_errmsg(db_.get()), " (", result);
  const bool about_files =
      (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN;
  if (about_files && system_error != 0) {
    absl::StrAppend(&message, "; ", ErrnoStatus(system_error, "").message());
  }
  return absl::Status(CodeOf(result, system_error), absl::StrCat(message, ")"));
}

absl::StatusOr<std::vector<Sqlite::Row>> Sqlite::Run(
    const std::string& sql, const std::vector<std::string>& parameters) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql.c_str(), static_cast<int>(sql.size()),
                         &prepared, nullptr) != SQLITE_OK) {
    return Error(sql);
  }
  const Statement statement(prepared);
  int index = 0;
  for (const std::string& bytes : parameters) {
    if (sqlite3_bind_blob64(prepared, ++index, bytes.data(), bytes.size(),
                            SQLITE_STATIC) != SQLITE_OK) {
      return Error(sql);
    }
  }
  std::vector<Row> rows;
  int result = 0;
  while ((result = sqlite3_step(prepared)) == SQLITE_ROW) {
    rows.push_back(RowOf(prepared));
  }
  if (result != SQLITE_DONE) return Error(sql);
  return rows;
}

absl::Status Sqlite::RunAll(const std::vector<std::string>& statements) {
  if (auto begun = Run("BEGIN IMMEDIATE"); !begun.ok()) return begun.status();
  absl::Status status;
  for (const std::string& sql : statements) {
    if (status.ok()) status = Run(sql).status();
  }
  if (status.ok()) status = Run("COMMIT").status();
  // Some errors have ended the transaction already: then this one says so, and
  // nothing is left to undo.
  if (!status.ok()) Run("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace sunder::controller
