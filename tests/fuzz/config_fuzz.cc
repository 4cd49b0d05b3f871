// Whatever stands in a configuration file: what is accepted prints as a file that is accepted and
// prints the same; and nothing that is said of a file, or printed of it, depends on what its
// secrets are.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/load.h"
#include "config/print.h"
#include "fmt/format.h"
#include "introspectd/config.h"
#include "text/ascii.h"
#include "text/json_writer.h"

namespace introspectd::config {
namespace {

const std::filesystem::path kNowhere = "/nonexistent";
constexpr std::string_view kFew = "Xq7Zw2Kp9Lm4-Rt6";
constexpr std::string_view kOthers = "b.GvY8nHs+D3aJ5f";

std::string Quoted(std::string_view text) {
  std::string quoted;
  text::AppendJsonString(text, quoted);
  return quoted;
}

// "secret = ..." or "secret_hash = [...]", as it would be printed if it were not masked.
std::string SecretLine(std::string_view key, const SecretConfig& secret) {
  if (secret.hashes.empty()) return fmt::format("{} = {}\n", key, Quoted(secret.plain));
  std::string hashes;
  for (const std::string& hash : secret.hashes) hashes += Quoted(hash) + ",";
  return fmt::format("{} = [{}]\n", key, hashes);
}

// As someone who knows the secrets would read it.
std::string Unmasked(std::string_view printed, const Config& config) {
  std::string text;
  std::size_t clients = 0;
  std::size_t tokens = 0;
  while (!printed.empty()) {
    const std::string_view line = text::TakeUntil(printed, '\n');
    std::string_view rest = line;
    const std::string_view key = text::TakeUntil(rest, ' ');
    if (line == "[[clients]]") ++clients;
    if (line == "[[admin.tokens]]") ++tokens;
    if (key == "secret" || key == "secret_hash") {
      text += SecretLine(key, config.clients[clients - 1].secret);
    } else if (key == "token" || key == "token_hash") {
      text += SecretLine(key, config.admin.tokens[tokens - 1].secret);
    } else {
      text += std::string(line) + "\n";
    }
  }
  return text;
}

void CheckPrints(std::string_view toml) {
  const auto config = ParseText(toml, "a.toml", kNowhere);
  if (!config.ok()) return CHECK(!config.status().message().empty());
  const std::string printed = ToToml(*config);
  const auto again = ParseText(Unmasked(printed, *config), "b.toml", kNowhere);
  CHECK(again.ok());
  CHECK(ToToml(*again) == printed);
}

// Whole tables, so that nothing before them can make anything else of what is in them.
std::string WithSecrets(std::string_view toml, std::string_view secret) {
  constexpr std::string_view kTables =
      "\n[[clients]]\nid = \"{0}\"\naudiences = [\"*\"]\nsecret = \"{1}\"\n"
      "[[admin.tokens]]\nname = \"{0}\"\nscopes = [\"push\"]\ntoken = \"{0}{1}\"\n";
  return fmt::format(kTables, "before", secret) + std::string(toml) +
         fmt::format(kTables, "behind", secret);
}

// What is known of a file to whoever does not know its secrets.
std::string Known(const std::string& toml) {
  const auto config = ParseText(toml, "a.toml", kNowhere);
  return config.ok() ? ToToml(*config) : std::string(config.status().message());
}

void CheckFile(std::string_view toml) {
  // Not what a file of secrets may be: some have no end, and some wait.
  if (toml.find("/dev") != toml.npos || toml.find("/proc") != toml.npos) return;
  CheckPrints(toml);
  // A file that knows them has a right to be told apart.
  if (toml.find(kFew) != toml.npos || toml.find(kOthers) != toml.npos) return;
  CHECK(Known(WithSecrets(toml, kFew)) == Known(WithSecrets(toml, kOthers)));
}

}  // namespace
}  // namespace introspectd::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::config::CheckFile({reinterpret_cast<const char*>(data), size});
  return 0;
}
