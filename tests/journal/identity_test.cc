#include "journal/identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "crypto/digest.h"
#include "support/temp_dir.h"

namespace introspectd::journal {
namespace {

// A whole STORE file, with the check that belongs to it.
std::string Checked(const std::string& text) {
  std::string hex;
  for (const std::uint8_t byte : crypto::Sha256Of(text)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return text + "check " + hex + "\n";
}

class IdentityTest : public ::testing::Test {
 protected:
  const std::filesystem::path& path() const { return directory_.path(); }
  std::string Text() const { return support::ReadFile(path() / "STORE"); }
  void Write(std::string_view text) const { directory_.Write("STORE", text); }

  void ExpectRefused(const std::string& text, absl::StatusCode code, std::string_view why) {
    Write(text);
    const auto identity = ReadIdentity(path());
    ASSERT_FALSE(identity.ok()) << text;
    EXPECT_EQ(identity.status().code(), code) << text;
    EXPECT_EQ(identity.status().message(), (path() / "STORE").string() + std::string(why));
  }

  support::TempDir directory_;
};

TEST_F(IdentityTest, ComesBack) {
  Identity identity = NewIdentity();
  for (const bool in_use : {false, true}) {
    identity.in_use = in_use;
    ASSERT_TRUE(WriteIdentity(path(), identity).ok());
    const auto read = ReadIdentity(path());
    ASSERT_TRUE(read.ok() && *read);
    EXPECT_EQ((*read)->id, identity.id);
    EXPECT_EQ((*read)->in_use, in_use);
  }
}

TEST_F(IdentityTest, NoTwoAreTheSame) { EXPECT_NE(NewIdentity().id, NewIdentity().id); }

TEST_F(IdentityTest, ThereIsNoneInAnEmptyDirectory) {
  const auto identity = ReadIdentity(path());
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(*identity, std::nullopt);
}

TEST_F(IdentityTest, WhatACrashLeftOfANewOneIsNone) {
  directory_.Write("STORE.new", "introsp");
  EXPECT_TRUE(ReadIdentity(path()).ok() && !*ReadIdentity(path()));
  ASSERT_TRUE(WriteIdentity(path(), NewIdentity()).ok());
  EXPECT_TRUE(ReadIdentity(path()).ok() && *ReadIdentity(path()));
  EXPECT_FALSE(std::filesystem::exists(path() / "STORE.new"));
}

TEST_F(IdentityTest, EveryDamagedBitIsNoticed) {
  ASSERT_TRUE(WriteIdentity(path(), NewIdentity()).ok());
  std::string text = Text();
  for (char& byte : text) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ 1 << bit);
      ExpectRefused(text, absl::StatusCode::kDataLoss, " is damaged");
      byte = static_cast<char>(byte ^ 1 << bit);
    }
  }
}

TEST_F(IdentityTest, EveryOtherLengthIsNoticed) {
  ASSERT_TRUE(WriteIdentity(path(), NewIdentity()).ok());
  const std::string text = Text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    ExpectRefused(text.substr(0, size), absl::StatusCode::kDataLoss, " is damaged");
  }
  ExpectRefused(text + "\n", absl::StatusCode::kDataLoss, " is damaged");
  ExpectRefused(std::string(4096, '\0'), absl::StatusCode::kDataLoss, " is damaged");
}

TEST_F(IdentityTest, AnotherFormatIsNamed) {
  ExpectRefused(Checked("introspectd store\nformat 2\nsomething new\n"),
                absl::StatusCode::kFailedPrecondition, ": its format is 2, this program's is 1");
}

TEST_F(IdentityTest, WhatIsCheckedAndStillNoStoreIsRefused) {
  for (const char* text :
       {"", "introspectd store\n", "introspectd store\nformat 1\n",
        "introspectd store\nformat 1\nin use 1\n", "introspectd store\nformat 1\nin use 1\nid \n",
        "introspectd store\nformat 1\nin use 1\nid 0123456789\n",
        "introspectd store\nformat 1\nin use 1\nid 01234567890\n",
        "introspectd store\nformat 1\nin use 1\nid 0123456789abcdef0123456789abcdeg\n"}) {
    ExpectRefused(Checked(text), absl::StatusCode::kDataLoss, " is damaged");
  }
}

TEST_F(IdentityTest, ADirectoryInItsPlaceIsRefused) {
  std::filesystem::create_directory(path() / "STORE");
  EXPECT_FALSE(ReadIdentity(path()).ok());
}

TEST_F(IdentityTest, AnErrorOfWritingNamesTheFile) {
  const std::filesystem::path nowhere = path() / "nowhere";
  const absl::Status written = WriteIdentity(nowhere, NewIdentity());
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.message().find((nowhere / "STORE.new").string()), std::string::npos) << written;
}

}  // namespace
}  // namespace introspectd::journal
