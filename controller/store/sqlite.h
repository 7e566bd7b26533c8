// A thin owner of one SQLite connection: statements in, rows or a status out.
// One thread at a time.

#ifndef SUNDER_CONTROLLER_STORE_SQLITE_H_
#define SUNDER_CONTROLLER_STORE_SQLITE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;

namespace sunder::controller {

class Sqlite {
 public:
  enum class Mode { kExisting, kCreate };
  using Row = std::vector<std::string>;  // Each column's text or bytes.

  static absl::StatusOr<Sqlite> Open(const std::string& path, Mode mode);

  // Runs one statement. `parameters` are bound as bytes. A full disk is
  // RESOURCE_EXHAUSTED, a damaged file or one that is no database DATA_LOSS.
  absl::StatusOr<std::vector<Row>> Run(
      const std::string& sql, const std::vector<std::string>& parameters = {});

  // Runs all in one transaction.
  absl::Status RunAll(const std::vector<std::string>& statements);

 private:
  struct Closer {
    void operator()(sqlite3* db) const;
  };
  using Handle = std::unique_ptr<sqlite3, Closer>;

  Sqlite(std::string path, Handle db);
  absl::Status Error(const std::string& what) const;

  std::string path_;
  Handle db_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_STORE_SQLITE_H_
