#include "controller/store/sqlite_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "controller/store/temp_dir.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

WallInstant Seconds(int64_t s) {
  return WallInstant::FromNanos(s * 1'000'000'000);
}

class SqliteStoreTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SqliteStore>> Open(int64_t seconds = 0) {
    return SqliteStore::Open(dir_.path(), Seconds(seconds), 0);
  }
  // Why opening is refused.
  absl::Status Refusal() { return Open().status(); }
  std::string Db() const { return dir_.path() + "/controller.db"; }
  void WriteDb(const std::string& bytes) {
    std::ofstream(Db(), std::ios::binary) << bytes;
  }
  static std::string Text(const absl::Status& status) {
    return std::string(status.message());
  }

  TempDir dir_;
};

TEST_F(SqliteStoreTest, KeepsRecordsOverReopening) {
  const std::string bytes("a\0\xff b", 5);
  {
    auto store = *Open();
    ASSERT_TRUE(store->Put("f1", "old").ok());
    ASSERT_TRUE(store->Put("f1", bytes).ok());
    ASSERT_TRUE(store->Put("f2", "").ok());
    ASSERT_TRUE(store->Put("f3", "gone").ok());
    ASSERT_TRUE(store->Delete("f3").ok());
    ASSERT_TRUE(store->Delete("never").ok());
  }
  EXPECT_THAT(*(*Open())->Load(),
              ElementsAre(Pair("f1", bytes), Pair("f2", "")));
}

TEST_F(SqliteStoreTest, RaisesTheTermAtEachOpening) {
  const uint64_t first = (*Open())->term();
  EXPECT_EQ((*Open())->term(), first + 1);
  EXPECT_EQ((*Open())->term(), first + 2);
}

TEST_F(SqliteStoreTest, TermFollowsTheWallClockForwardsAndNeverGoesBack) {
  const uint64_t first = (*Open(1000))->term();
  EXPECT_EQ((*Open(500))->term(), first + 1);
  EXPECT_GT((*Open(2000))->term(), first + 2);
}

// What to do where agents have seen a higher term than the clock now gives.
TEST_F(SqliteStoreTest, TakesATermThatItsOperatorHasSet) {
  const uint64_t theirs = (*Open(1000))->term() + 1'000'000'000;
  ASSERT_TRUE(Sqlite::Open(Db(), Sqlite::Mode::kExisting)
                  ->Run(absl::StrCat("UPDATE term SET value=", theirs))
                  .ok());
  EXPECT_EQ((*Open(1001))->term(), theirs + 1);
}

TEST_F(SqliteStoreTest, PromisesNoTermThatItMayNotGet) {
  WriteDb("this is no database");
  const std::string text = Text(Refusal());
  EXPECT_THAT(text, testing::Not(HasSubstr("gets a higher term")));
  EXPECT_THAT(text, HasSubstr("from the clock"));
  EXPECT_THAT(text, HasSubstr("UPDATE term"));
}

TEST_F(SqliteStoreTest, MakesTheStateDirectoryForItsOwnerAlone) {
  const std::string dir = dir_.path() + "/a/b";
  ASSERT_TRUE(SqliteStore::Open(dir, Seconds(0), 0).ok());
  struct stat info {};
  ASSERT_EQ(stat(dir.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(SqliteStoreTest, RefusesASecondControllerAndNamesTheFirst) {
  auto store = *Open();
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Text(refused), HasSubstr("process " + std::to_string(getpid())));
  EXPECT_THAT(Text(refused), HasSubstr("--state-dir"));
  store.reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteStoreTest, RefusesAnEmptyFileAndLeavesItAlone) {
  WriteDb("");
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Text(refused), HasSubstr("move it away"));
  EXPECT_EQ(std::filesystem::file_size(Db()), 0u);
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabase) {
  WriteDb(std::string(8192, 'x'));
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(std::filesystem::file_size(Db()), 8192u);
}

TEST_F(SqliteStoreTest, RefusesAForeignDatabase) {
  auto foreign = *Sqlite::Open(Db(), Sqlite::Mode::kCreate);
  ASSERT_TRUE(foreign.Run("CREATE TABLE t (x)").ok());
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Text(refused), HasSubstr("not made by sunder-controller"));
}

TEST_F(SqliteStoreTest, RefusesADatabaseOfAnotherVersionAndNamesBoth) {
  ASSERT_TRUE(Open().ok());
  {
    auto db = *Sqlite::Open(Db(), Sqlite::Mode::kExisting);
    ASSERT_TRUE(db.Run("PRAGMA user_version=7").ok());
  }
  const absl::Status refused = Refusal();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Text(refused), HasSubstr("version 7"));
}

// Whatever page is overwritten: either refused, or (the file's unused bytes)
// everything is still there.
TEST_F(SqliteStoreTest, NeverOpensWithRecordsMissingWhereAPageIsDamaged) {
  {
    auto store = *Open();
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(
          store->Put("fault" + std::to_string(i), std::string(3000, 'r')).ok());
    }
  }
  std::ifstream in(Db(), std::ios::binary);
  const std::string sound((std::istreambuf_iterator<char>(in)), {});
  int refused = 0;
  for (size_t at = 0; at < sound.size(); at += 4096) {
    std::string damaged = sound;
    damaged.replace(at, 64, std::string(64, '\x5a'));
    WriteDb(damaged);
    auto store = Open();
    if (store.ok()) {
      EXPECT_EQ((*store)->Load()->size(), 40u) << "damage at " << at;
    } else {
      EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss)
          << store.status();
      ++refused;
    }
  }
  EXPECT_GT(refused, 1);
}

TEST_F(SqliteStoreTest, RefusesATruncatedDatabase) {
  {
    auto store = *Open();
    ASSERT_TRUE(store->Put("f", std::string(100'000, 'r')).ok());
  }
  std::filesystem::resize_file(Db(), 12288);
  EXPECT_EQ(Refusal().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteStoreTest, FinishesAnInterruptedCreation) {
  std::ofstream(Db() + ".new") << "half";
  auto store = *Open();
  EXPECT_THAT(*store->Load(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(Db() + ".new"));
}

TEST_F(SqliteStoreTest, SaysWhatItCouldNotMake) {
  std::ofstream(dir_.path() + "/file") << "x";
  const auto store =
      SqliteStore::Open(dir_.path() + "/file/state", Seconds(0), 0);
  EXPECT_FALSE(store.ok());
  EXPECT_THAT(Text(store.status()), HasSubstr("/file/state"));
}

}  // namespace
}  // namespace sunder::controller
