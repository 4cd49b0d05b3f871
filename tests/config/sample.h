// Configuration files for the tests of the room, and the errors that they get.
//
// Threads: immutable functions.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "config/load.h"

namespace introspectd::config {

// None of these may come out again.
inline constexpr std::string_view kSampleSecret = "s3cr3t-of-the-gateway";
inline constexpr std::string_view kToken = "t0ken-of-the-issuer";
inline constexpr std::string_view kHash =
    "$pbkdf2-sha256$i=1000$QUFBQUFBQUFBQUFBQUFBQQ$QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI";
inline constexpr std::string_view kOtherHash =
    "$scrypt$ln=15,r=8,p=3$Q0NDQ0NDQ0NDQ0NDQ0NDQw$RERERERERERERERERERERERERERERERERERERERERERERA";
inline constexpr std::array kSecrets = {kSampleSecret, kToken, kHash, kOtherHash};

// Two lines that every configuration needs; keys of [introspection] may follow.
inline constexpr std::string_view kMinimal =
    "[introspection]\n"
    "issuer = \"https://server.example.com/\"\n";

// A client, lines 3 to 6 after kMinimal; its keys may follow.
inline constexpr std::string_view kClient =
    "[[clients]]\n"
    "id = \"gateway\"\n"
    "secret = \"s3cr3t-of-the-gateway\"\n"
    "audiences = [\"*\"]\n";

// An admin token, four lines; its keys may follow.
inline constexpr std::string_view kAdminToken =
    "[[admin.tokens]]\n"
    "name = \"issuer\"\n"
    "token = \"t0ken-of-the-issuer\"\n"
    "scopes = [\"push\"]\n";

template <class... Parts>
std::string Join(const Parts&... parts) {
  return (std::string(parts) + ...);
}

inline void ExpectNoSecret(std::string_view text) {
  for (const std::string_view secret : kSecrets) {
    EXPECT_EQ(text.find(secret), std::string_view::npos) << text;
  }
}

// Fails the test, with the error, when `toml` is refused.
inline Config Load(std::string_view toml, const std::filesystem::path& directory = "/nonexistent") {
  auto config = ParseText(toml, "gateway.toml", directory);
  EXPECT_TRUE(config.ok()) << std::string(config.status().message());
  return config.ok() ? *std::move(config) : Config{};
}

// "" when `toml` is accepted. No error may show a secret.
inline std::string ErrorOf(std::string_view toml,
                           const std::filesystem::path& directory = "/nonexistent") {
  const auto config = ParseText(toml, "gateway.toml", directory);
  const std::string error(config.status().message());
  ExpectNoSecret(error);
  return error;
}

struct BadFile {
  std::string toml;
  std::string_view error;
};

inline void ExpectErrors(std::initializer_list<BadFile> files) {
  for (const auto& [toml, error] : files) EXPECT_EQ(ErrorOf(toml), error) << toml;
}

}  // namespace introspectd::config
