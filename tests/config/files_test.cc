#include "config/files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace introspectd::config {
namespace {

using std::filesystem::perms;

std::string Secret(const std::filesystem::path& path) {
  const auto secret = ReadSecretFile(path);
  return secret.ok() ? *secret : "error: " + std::string(secret.status().message());
}

TEST(FilesTest, ReadsAFileUpToTheLimit) {
  const support::TempDir directory;
  const std::string content(10'000, 'x');
  const auto path = directory.Write("file", content);
  EXPECT_EQ(*ReadFile(path, 10'000), content);
  EXPECT_EQ(std::string(ReadFile(path, 9'999).status().message()), "has more than 9999 bytes");
}

TEST(FilesTest, SaysWhyAFileCannotBeRead) {
  const support::TempDir directory;
  const auto absent = ReadFile(directory.path() / "absent", 1);
  EXPECT_EQ(std::string(absent.status().message()), "cannot be read: No such file or directory");
  const auto folder = ReadFile(directory.path(), 1);
  EXPECT_EQ(std::string(folder.status().message()), "cannot be read: Is a directory");
  EXPECT_EQ(Secret(directory.path() / "absent"),
            "error: cannot be read: No such file or directory");
}

TEST(FilesTest, RemovesOneTrailingNewlineFromASecret) {
  const support::TempDir directory;
  EXPECT_EQ(Secret(directory.Write("a", "secret")), "secret");
  EXPECT_EQ(Secret(directory.Write("b", "secret\n")), "secret");
  EXPECT_EQ(Secret(directory.Write("c", "secret\r\n")), "secret");
  EXPECT_EQ(Secret(directory.Write("d", "secret\n\n")), "secret\n");
  EXPECT_EQ(Secret(directory.Write("e", " secret ")), " secret ");
}

TEST(FilesTest, RefusesAnEmptySecret) {
  const support::TempDir directory;
  EXPECT_EQ(Secret(directory.Write("a", "")), "error: names an empty file");
  EXPECT_EQ(Secret(directory.Write("b", "\n")), "error: names an empty file");
}

TEST(FilesTest, RefusesASecretThatOthersMayWrite) {
  const support::TempDir directory;
  const auto path = directory.Write("secret", "secret");
  const std::string refusal =
      "error: may be written by its group or by others; allowed: a file that its owner alone "
      "writes (chmod go-w)";
  std::filesystem::permissions(path, perms{0620});
  EXPECT_EQ(Secret(path), refusal);
  std::filesystem::permissions(path, perms{0602});
  EXPECT_EQ(Secret(path), refusal);
  std::filesystem::permissions(path, perms{0644});
  EXPECT_EQ(Secret(path), "secret");
}

}  // namespace
}  // namespace introspectd::config
