// A store in memory for tests. `fail_with` makes every call fail.

#ifndef SUNDER_CONTROLLER_STORE_FAKE_STORE_H_
#define SUNDER_CONTROLLER_STORE_FAKE_STORE_H_

#include <map>
#include <string>

#include "controller/store/store.h"

namespace sunder::controller {

class FakeStore : public Store {
 public:
  explicit FakeStore(uint64_t term = 1) : term_(term) {}

  uint64_t term() const override { return term_; }
  absl::Status Put(const std::string& id, const std::string& record) override {
    if (fail_with.ok()) records[id] = record;
    return fail_with;
  }
  absl::Status Delete(const std::string& id) override {
    if (fail_with.ok()) records.erase(id);
    return fail_with;
  }
  absl::StatusOr<std::map<std::string, std::string>> Load() override {
    if (!fail_with.ok()) return fail_with;
    return records;
  }

  absl::Status fail_with;
  std::map<std::string, std::string> records;

 private:
  const uint64_t term_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_STORE_FAKE_STORE_H_
