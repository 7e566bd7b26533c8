#include "agent/service/record_file.h"

#include <filesystem>
#include <string>

#include "agent/service/durable_file.h"
#include "agent/service/temp_dir.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

Record Example() {
  Record record;
  record.set_boot_id("boot");
  record.set_highest_term(7);
  record.add_in_force()->set_gate(42);
  return record;
}

class RecordFileTest : public testing::Test {
 protected:
  TempDir dir;
  RecordFile file{dir.path()};
};

TEST_F(RecordFileTest, WhatWasStoredIsLoaded) {
  ASSERT_TRUE(file.Store(Example()).ok());
  const auto loaded = file.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->SerializeAsString(), Example().SerializeAsString());
}

TEST_F(RecordFileTest, NoFileIsNoRecord) {
  EXPECT_TRUE(absl::IsNotFound(file.Load().status()));
}

TEST_F(RecordFileTest, AnyDamageIsFound) {
  ASSERT_TRUE(file.Store(Example()).ok());
  const std::string whole = *ReadWhole(dir / "record");
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    ASSERT_TRUE(WriteDurably(dir / "record", flipped).ok());
    EXPECT_TRUE(absl::IsDataLoss(file.Load().status())) << "byte " << i;
    ASSERT_TRUE(WriteDurably(dir / "record", whole.substr(0, i)).ok());
    EXPECT_TRUE(absl::IsDataLoss(file.Load().status())) << "cut at " << i;
  }
}

TEST_F(RecordFileTest, AFailedStoreLeavesTheOldRecordAndNoDraft) {
  ASSERT_TRUE(file.Store(Example()).ok());
  const RecordFile elsewhere(dir / "missing");
  EXPECT_TRUE(absl::IsNotFound(elsewhere.Store(Example())));
  EXPECT_TRUE(file.Load().ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}),
            1);
}

TEST_F(RecordFileTest, ItIsItsOwnersAlone) {
  ASSERT_TRUE(file.Store(Example()).ok());
  EXPECT_EQ(
      std::filesystem::status(dir / "record").permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace sunder::agent
