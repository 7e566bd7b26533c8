// A directory of a test's own, removed at its end. Tests only.

#ifndef SUNDER_AGENT_SERVICE_TEMP_DIR_H_
#define SUNDER_AGENT_SERVICE_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace sunder::agent {

class TempDir {
 public:
  TempDir() {
    std::string name =
        (std::filesystem::temp_directory_path() / "sunder-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_TEMP_DIR_H_
