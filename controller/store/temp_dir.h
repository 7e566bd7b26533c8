// A directory of its own for a test, removed with all in it.

#ifndef SUNDER_CONTROLLER_STORE_TEMP_DIR_H_
#define SUNDER_CONTROLLER_STORE_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace sunder::controller {

class TempDir {
 public:
  TempDir() : path_(testing::TempDir() + "sunder_XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_STORE_TEMP_DIR_H_
