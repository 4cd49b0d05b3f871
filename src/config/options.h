// The option table: every key of the configuration file, once. From it the file is parsed, checked
// and printed, and the tables of the README are written.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/member.h"
#include "introspectd/config.h"

namespace introspectd::config {

// What stands in place of a secret in printed configurations; never accepted as a secret.
inline constexpr std::string_view kMask = "***";

struct Range {
  std::int64_t min;
  std::int64_t max;
};

enum class Presence : std::uint8_t { kOptional, kRequired };

// Of the secret keys of one section exactly one is given. Their values are never shown.
enum class Secrecy : std::uint8_t {
  kOpen,
  kSecret,
  kSecretFile,  // names the file that holds the secret
  kUrl,         // may have a password in it, which is not shown
};

// When a changed value takes effect.
enum class Reload : std::uint8_t { kAtRestart, kAtSighup };

struct Option {
  std::string_view name;
  Member member;
  std::string_view default_toml = {};  // as a file would have it; empty: none
  std::string_view unit = {};
  Range range = {1, 4096};   // an integer's value; a string's length in bytes
  Range count = {0, 65536};  // a list's entries
  absl::Status (*check)(std::string_view text) = nullptr;  // of a string, when the rest is right
  Presence presence = Presence::kOptional;
  bool single = false;  // a list of one may be written without brackets
  bool lines = false;   // a string may have line breaks and tabs in it
  Secrecy secrecy = Secrecy::kOpen;
  Reload reload = Reload::kAtRestart;
  std::string_view help = {};
};

inline bool IsSecret(const Option& option) {
  return option.secrecy == Secrecy::kSecret || option.secrecy == Secrecy::kSecretFile;
}

struct Section {
  std::string_view name;  // "limits.admin"
  std::span<const Option> options;
  // A section that may be repeated ([[clients]]); both null for one that may not.
  std::size_t (*count)(const Config& config) = nullptr;
  void (*append)(Config& config) = nullptr;

  bool secret_optional = false;  // none of its secret keys has to be given

  bool repeated() const { return append != nullptr; }
  // "limits.admin" is the key "admin" of its parent "limits"; a parent of "" is the file itself.
  std::string_view parent() const;
  std::string_view key() const { return name.substr(name.rfind('.') + 1); }
  std::string Header() const;                         // "[server]", "[[clients]]"
  const Option* Find(std::string_view option) const;  // null when it has no such key
};

// In the order in which they are read and printed: a section that hands values on (introspection)
// stands before the one that inherits them (clients).
std::span<const Section> Sections();
const Section* FindSection(std::string_view name);

// Whether `scalar` may stand in `option`. The message says what is allowed and never shows a
// secret; where it stands is for the caller to add.
absl::Status CheckScalar(const Option& option, const Scalar& scalar);

std::string TypeText(const Option& option);  // "an array of strings"

std::string AllowedRange(const Option& option);  // "1 to 64 threads"

// "upsert, revoke"; empty when the option has no words.
std::string AllowedWords(const Option& option);

// Sets in `running` what takes effect at SIGHUP, but for repeated sections.
void TakeWhatIsReloaded(const Config& next, Config& running);

// The keys that differ and take effect at the next start only, as "server.workers".
std::vector<std::string> ChangesThatNeedRestart(const Config& running, const Config& next);

}  // namespace introspectd::config
