#include "journal/identity.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <sstream>
#include <string>

#include "crypto/digest.h"
#include "journal/database.h"

namespace introspectd::journal {

namespace {

constexpr const char* kFile = "STORE";
constexpr const char* kNewFile = "STORE.new";

std::string Hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string WithCheck(std::string text) {
  const crypto::Sha256 check = crypto::Sha256Of(text);
  return text + "check " + Hex(check) + "\n";
}

std::string TextOf(const Identity& identity) {
  return WithCheck(fmt::format("introspectd store\nformat {}\nin use {}\nid {}\n",
                               Identity::kFormat, identity.in_use ? 1 : 0, Hex(identity.id)));
}

std::optional<StoreId> IdOf(std::string_view hex) {
  StoreId id;
  if (hex.size() != 2 * id.size()) return std::nullopt;
  if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    unsigned value = 0;
    if (std::sscanf(std::string(hex.substr(2 * i, 2)).c_str(), "%2x", &value) != 1) return {};
    id[i] = static_cast<std::uint8_t>(value);
  }
  return id;
}

absl::Status Damaged(const std::filesystem::path& file) {
  return absl::DataLossError(file.string() + " is damaged");
}

absl::Status Failed(const char* what, const std::filesystem::path& path) {
  return absl::UnavailableError(fmt::format("{} {}: {}", what, path.string(), strerror(errno)));
}

}  // namespace

absl::StatusOr<std::optional<Identity>> ReadIdentity(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kFile;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (!error) return std::nullopt;
    return absl::UnavailableError(file.string() + ": " + error.message());
  }
  std::ostringstream read;
  read << std::ifstream(file, std::ios::binary).rdbuf();
  const std::string text = read.str();
  const std::size_t check_at = text.find("check ");
  if (check_at == std::string::npos || WithCheck(text.substr(0, check_at)) != text) {
    return Damaged(file);
  }
  int format = 0;
  int in_use = 0;
  char hex[33] = "";
  const int found = std::sscanf(text.c_str(), "introspectd store\nformat %d\nin use %d\nid %32s",
                                &format, &in_use, hex);
  if (found >= 1 && format != Identity::kFormat) {
    return absl::FailedPreconditionError(fmt::format("{}: its format is {}, this program's is {}",
                                                     file.string(), format, Identity::kFormat));
  }
  const auto id = IdOf(hex);
  if (found != 3 || !id) return Damaged(file);
  return Identity{.id = *id, .in_use = in_use != 0};
}

absl::Status WriteIdentity(const std::filesystem::path& directory, const Identity& identity) {
  const std::filesystem::path fresh = directory / kNewFile;
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << TextOf(identity);
  out.close();
  if (!out) return Failed("write", fresh);
  if (absl::Status synced = Sync(fresh); !synced.ok()) return synced;
  std::error_code error;
  std::filesystem::rename(fresh, directory / kFile, error);
  if (error) return absl::UnavailableError(fresh.string() + ": " + error.message());
  return Sync(directory);
}

Identity NewIdentity() {
  Identity identity;
  crypto::RandomBytes(identity.id);
  return identity;
}

}  // namespace introspectd::journal
