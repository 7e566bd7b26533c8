#include "agent/service/socket_guard.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "agent/service/durable_file.h"
#include "agent/service/temp_dir.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

UniqueFd BindTo(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof address),
            0);
  return fd;
}

TEST(ClearSocketPath, RemovesWhatNobodyListensOn) {
  TempDir dir;
  const std::string path = dir / "s";
  BindTo(path).Reset();
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(ClearSocketPath(path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(ClearSocketPath(path).ok());
}

TEST(ClearSocketPath, LeavesALivingProgramItsSocket) {
  TempDir dir;
  const std::string path = dir / "s";
  const UniqueFd fd = BindTo(path);
  ASSERT_EQ(listen(fd.get(), 1), 0);
  EXPECT_TRUE(absl::IsAlreadyExists(ClearSocketPath(path)));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ClearSocketPath, LeavesWhatIsNotASocket) {
  TempDir dir;
  ASSERT_TRUE(WriteDurably(dir / "file", "content").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(ClearSocketPath(dir / "file")));
  EXPECT_EQ(*ReadWhole(dir / "file"), "content");
}

TEST(ClearSocketPath, MakesTheDirectoryAndRefusesPathsThatDoNotFit) {
  TempDir dir;
  EXPECT_TRUE(ClearSocketPath(dir / "a/b/s").ok());
  EXPECT_TRUE(std::filesystem::is_directory(dir / "a/b"));
  EXPECT_TRUE(
      absl::IsInvalidArgument(ClearSocketPath(dir / std::string(200, 'x'))));
}

TEST(ClaimStateDirectory, IsForOneAtATime) {
  TempDir dir;
  auto first = ClaimStateDirectory(dir.path());
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsAlreadyExists(ClaimStateDirectory(dir.path()).status()));
  first->Reset();
  EXPECT_TRUE(ClaimStateDirectory(dir.path()).ok());
}

TEST(SocketPathOf, ReadsBothForms) {
  EXPECT_EQ(SocketPathOf("unix:/run/a.sock"), "/run/a.sock");
  EXPECT_EQ(SocketPathOf("unix:///run/a.sock"), "/run/a.sock");
  EXPECT_EQ(SocketPathOf("10.0.0.1:80"), "");
}

}  // namespace
}  // namespace sunder::agent
