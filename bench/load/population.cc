#include "load/population.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "json/document.h"
#include "text/form.h"

namespace introspectd::load {

namespace {

constexpr std::size_t kLineBytesMax = std::size_t{16} << 10;
constexpr std::size_t kDepthMax = 16;

bool IsString(const json::Member* member) {
  return member != nullptr && member->value.type == json::Type::kString;
}

// The token that `line` upserts, borrowed from the parser; empty when it does not.
std::string_view UpsertedToken(json::Parser& parser, std::string_view line) {
  if (parser.ParseObject(line) != json::Error::kNone) return {};
  const json::Member* op = json::Find(parser.members(), "op");
  const json::Member* token = json::Find(parser.members(), "token");
  if (!IsString(op) || op->value.string != "upsert" || !IsString(token)) return {};
  return token->value.string;
}

}  // namespace

absl::StatusOr<Population> Population::Read(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    return absl::NotFoundError(fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  }
  json::Parser parser(kLineBytesMax, kDepthMax);
  Population population;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::string_view upserted = UpsertedToken(parser, line);
    if (upserted.empty()) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: not an upsert that carries its token", file, number));
    }
    const std::string token = text::EncodeForm(upserted);
    if (population.token_bytes_ == 0) population.token_bytes_ = token.size();
    if (population.token_bytes_ != token.size()) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: a token of {} bytes after ones of {}; they must all have one length",
                      file, number, token.size(), population.token_bytes_));
    }
    population.tokens_ += token;
  }
  if (population.tokens_.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: no tokens", file));
  }
  return population;
}

}  // namespace introspectd::load
