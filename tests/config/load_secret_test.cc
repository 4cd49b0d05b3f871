#include <gtest/gtest.h>

#include <vector>

#include "config/load.h"
#include "config/sample.h"
#include "support/temp_dir.h"

namespace introspectd::config {
namespace {

TEST(LoadSecretTest, NeedsOneSecretEach) {
  ExpectErrors({
      {Join(kMinimal, "[[clients]]\nid = \"a\"\naudiences = [\"*\"]\n"),
       "gateway.toml:3: clients[0]: needs exactly one of secret_hash, secret_file, secret, not 0"},
      {Join(kMinimal, kClient, "secret_hash = \"", kHash, "\"\n"),
       "gateway.toml:3: clients[0]: needs exactly one of secret_hash, secret_file, secret, not 2"},
      {Join(kMinimal, kAdminToken, "token_hash = \"", kHash, "\"\ntoken_file = \"a\"\n"),
       "gateway.toml:3: admin.tokens[0]: needs exactly one of token_hash, token_file, token, not "
       "3"},
  });
}

TEST(LoadSecretTest, ChecksSecretsAndHashes) {
  const std::string client = Join(kMinimal, "[[clients]]\nid = \"a\"\naudiences = [\"*\"]\n");
  constexpr std::string_view kNotAHash =
      "not a secret hash; `introspect-cli hash-secret` makes one "
      "($scrypt$ln=15,r=8,p=3$salt$hash or $pbkdf2-sha256$i=600000$salt$hash)";
  const std::string not_a_hash = Join("gateway.toml:6: clients[0].secret_hash: ", kNotAHash);
  const std::string second_is_not = Join("gateway.toml:6: clients[0].secret_hash[1]: ", kNotAHash);
  ExpectErrors({
      {Join(client, "secret = \"\"\n"), "gateway.toml:6: clients[0].secret: must not be empty"},
      {Join(client, "secret = \"", kSampleSecret, "\\t\"\n"),
       "gateway.toml:6: clients[0].secret: must not contain control characters"},
      {Join(client, "secret = \"", std::string(4097, 's'), "\"\n"),
       "gateway.toml:6: clients[0].secret: is too long; allowed: 1 to 4096 bytes"},
      {Join(client, "secret = \"***\"\n"),
       "gateway.toml:6: clients[0].secret: \"***\" only stands for a secret in printed "
       "configurations"},
      {Join(client, "secret = \"", kHash, "\"\n"),
       "gateway.toml:6: clients[0].secret: is a hash, not a secret; a hash belongs in secret_hash "
       "or token_hash"},
      {Join(client, "secret_hash = \"***\"\n"),
       "gateway.toml:6: clients[0].secret_hash: \"***\" only stands for a secret in printed "
       "configurations"},
      {Join(client, "secret_hash = \"", kSampleSecret, "\"\n"), not_a_hash},
      {Join(client, "secret_hash = [\"", kHash, "\", \"", kSampleSecret, "\"]\n"), second_is_not},
      {Join(client, "secret_hash = []\n"),
       "gateway.toml:6: clients[0].secret_hash: has 0 entries; allowed: 1 to 2"},
      {Join(client, "secret_hash = [\"", kHash, "\", \"", kHash, "\", \"", kOtherHash, "\"]\n"),
       "gateway.toml:6: clients[0].secret_hash: has 3 entries; allowed: 1 to 2"},
  });
}

TEST(LoadSecretTest, ChecksFilesOfSecrets) {
  const support::TempDir directory;
  const auto error_with = [&](std::string_view content) {
    directory.Write("gateway.secret", content);
    return ErrorOf(Join(kMinimal,
                        "[[clients]]\nid = \"a\"\nsecret_file = \"gateway.secret\"\n"
                        "audiences = [\"*\"]\n"),
                   directory.path());
  };
  EXPECT_EQ(error_with(Join(kSampleSecret, "\n")), "");
  EXPECT_EQ(error_with(""), "gateway.toml:5: clients[0].secret_file: names an empty file");
  EXPECT_EQ(error_with(Join(kSampleSecret, "\n\n")),
            "gateway.toml:5: clients[0].secret_file: must not contain control characters");
  EXPECT_EQ(error_with(Join(kHash, "\n")),
            "gateway.toml:5: clients[0].secret_file: is a hash, not a secret; a hash belongs in "
            "secret_hash or token_hash");
  // Someone may take the key for that of the secret itself.
  EXPECT_EQ(ErrorOf(Join(kMinimal, "[[clients]]\nid = \"a\"\nsecret_file = \"", kSampleSecret,
                         "\"\naudiences = [\"*\"]\n")),
            "gateway.toml:5: clients[0].secret_file: cannot be read: No such file or directory");
}

// What toml++ says of these holds parts of what it read.
TEST(LoadSecretTest, NotTomlAndMaybeASecret) {
  constexpr std::string_view kTable = "[[clients]]\n";
  ExpectErrors({
      {Join(kTable, "secret = s3cr3t\n"),
       "gateway.toml:2: this is not TOML: Error while parsing value: could not determine value "
       "type"},
      {Join(kTable, "secret = t0ken\n"),
       "gateway.toml:2: this is not TOML: Error while parsing boolean: expected 'true'"},
      {Join(kTable, "secret = 123456789012345678901234567890\n"),
       "gateway.toml:2: this is not TOML: Error while parsing decimal integer"},
      {Join(kTable, "secret = 1e999\n"),
       "gateway.toml:2: this is not TOML: Error while parsing floating-point"},
      {Join(kTable, "secret = \"a\"b\n"),
       "gateway.toml:2: this is not TOML: Error while parsing key-value pair: expected a comment "
       "or whitespace"},
      {Join(kTable, "secret = \"", kSampleSecret, "\n"),
       "gateway.toml:2: this is not TOML: Error while parsing string: unescaped control "
       "characters other than TAB (U+0009) are explicitly prohibited"},
      {Join(kTable, "secret = \"", kSampleSecret, "\\q\"\n"),
       "gateway.toml:2: this is not TOML: Error while parsing string: unknown escape sequence "
       "'\\q'"},
      {Join(kTable, "secret = \"x\"\nsecret = \"", kSampleSecret, "\"\n"),
       "gateway.toml:3: this is not TOML: Error while parsing key-value pair: cannot redefine "
       "existing string 'secret'"},
  });
}

// `file` cut short, without one character, without two that are alike (a pair of quotes), and with
// one that matters to TOML, each at `at`.
std::vector<std::string> Damaged(const std::string& file, std::size_t at) {
  std::vector<std::string> damaged = {file.substr(0, at), file, file};
  damaged[1].erase(at, 1);
  damaged[2].erase(at, 1);
  const std::size_t next = damaged[2].find(file[at], at);
  if (next != std::string::npos) damaged[2].erase(next, 1);
  for (const char c : std::string_view("\"'\\\n=[]{}.#,-0tx\0\xff", 17)) {
    damaged.emplace_back(file)[at] = c;
    damaged.emplace_back(file).insert(at, 1, c);
  }
  return damaged;
}

// Whatever is wrong with a file, what is said about it holds no part of a secret.
TEST(LoadSecretTest, ADamagedFileShowsNoPartOfASecret) {
  constexpr std::string_view kLetters = "Xq7Zw2Kp9Lm4-Rt6";
  constexpr std::string_view kDigits = "847193026551827493605138";
  const std::string file =
      Join(kMinimal, "[[clients]]\nid = \"a\"\naudiences = [\"*\"]\nsecret = \"", kLetters,
           "\"\n[[admin.tokens]]\nname = \"b\"\nscopes = [\"push\"]\ntoken = '", kDigits, "'\n");
  ASSERT_EQ(ErrorOf(file), "");
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const std::string& toml : Damaged(file, at)) {
      const std::string error = ErrorOf(toml);
      for (const std::string_view secret : {kLetters, kDigits}) {
        for (std::size_t i = 0; i + 4 <= secret.size(); ++i) {
          ASSERT_EQ(error.find(secret.substr(i, 4)), std::string::npos) << error << "\n" << toml;
        }
      }
    }
  }
}

}  // namespace
}  // namespace introspectd::config
