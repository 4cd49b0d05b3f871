#include "load/population.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "base/clock.h"
#include "json/document.h"
#include "population/population.h"
#include "text/form.h"

namespace introspectd::load {

namespace {

constexpr std::size_t kLineBytesMax = std::size_t{64} << 10;
constexpr std::size_t kDepthMax = 16;
// Clocks differ, and an answer takes its time.
constexpr UnixSeconds kAboutTheEnd_s = 2;
// What is left of every generated token, if it was pushed moments ago.
constexpr UnixSeconds kAlive_s = 60;

std::string_view StringOf(const json::Member* member) {
  if (member == nullptr || member->value.type != json::Type::kString) return {};
  return member->value.string;
}

}  // namespace

// Reads a file line by line; later lines say more of tokens of earlier ones.
class PopulationReader {
 public:
  absl::Status Take(std::string_view line);
  Population Finish() { return std::move(population_); }
  bool empty() const { return population_.size() == 0; }

 private:
  std::size_t IndexOf(std::string_view token);
  void TakeClaims(const json::Value& claims, std::size_t i);

  json::Parser parser_{kLineBytesMax, kDepthMax};
  std::vector<json::Member> claims_;
  Population population_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> by_hash_;  // of the token
};

std::size_t PopulationReader::IndexOf(std::string_view token) {
  const auto [at, fresh] =
      by_hash_.try_emplace(absl::HashOf(token), static_cast<std::uint32_t>(population_.size()));
  if (fresh) population_.Add(text::EncodeForm(token));
  return at->second;
}

void PopulationReader::TakeClaims(const json::Value& claims, std::size_t i) {
  parser_.MembersOf(claims, claims_);
  Population::Entry& entry = population_.entries_[i];
  if (entry.end == Population::kRevoked) return;  // for ever
  const json::Member* exp = json::Find(claims_, "exp");
  const json::Member* sub = json::Find(claims_, "sub");
  entry.end = exp != nullptr ? exp->value.integer : Population::kNoEnd;
  entry.subject = !StringOf(sub).empty() ? SubjectOf(sub->value.raw) : 0;
}

absl::Status PopulationReader::Take(std::string_view line) {
  const json::Error error = parser_.ParseObject(line);
  if (error != json::Error::kNone) return absl::InvalidArgumentError(json::ToString(error));
  const std::string_view op = StringOf(json::Find(parser_.members(), "op"));
  const std::string token(StringOf(json::Find(parser_.members(), "token")));
  if (op == "heartbeat" || op == "complete") return absl::OkStatus();
  if (token.empty()) return absl::InvalidArgumentError("does not say which token it is about");
  const json::Member* claims = json::Find(parser_.members(), "claims");
  if (op == "upsert" && claims != nullptr && claims->value.type == json::Type::kObject) {
    TakeClaims(claims->value, IndexOf(token));
  } else if (op == "revoke") {
    population_.entries_[IndexOf(token)].end = Population::kRevoked;
  } else {
    return absl::InvalidArgumentError("neither an upsert with claims nor a revocation");
  }
  return absl::OkStatus();
}

absl::StatusOr<Population> Population::Read(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    return absl::NotFoundError(fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  }
  PopulationReader reader;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (const absl::Status taken = reader.Take(line); !taken.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: {}", file, number, std::string(taken.message())));
    }
  }
  if (reader.empty()) return absl::InvalidArgumentError(fmt::format("{}: no tokens", file));
  return reader.Finish();
}

Population Population::Generate(const Generated& options) {
  const population::Population source(
      {.seed = options.seed, .now = options.now, .revoked_share = options.revoked_share});
  json::Parser parser(kLineBytesMax, kDepthMax);
  Population population;
  std::string claims;
  for (std::uint64_t i = 0; i < options.tokens; ++i) {
    population.Add(source.Token(i));
    claims.clear();
    source.AppendClaims(i, claims);
    if (parser.ParseObject(claims) != json::Error::kNone) continue;
    const json::Member* sub = json::Find(parser.members(), "sub");
    Entry& entry = population.entries_[i];
    if (sub != nullptr) entry.subject = SubjectOf(sub->value.raw);
    if (options.now != 0) entry.end = json::Find(parser.members(), "exp")->value.integer;
    if (source.IsRevoked(i)) entry.end = kRevoked;
  }
  if (options.now == 0)
    population.sure_until_ = base::ReadWallMicros() / kMicrosPerSecond + kAlive_s;
  return population;
}

void Population::Add(std::string_view token) {
  entries_.push_back({tokens_.size() << kSizeBits | token.size(), kNoEnd, 0});
  tokens_ += token;
}

bool Population::IsJwt(std::size_t i) const {
  const std::string_view text = token(i);
  return text.starts_with("ey") && std::count(text.begin(), text.end(), '.') == 2;
}

Expectation Population::expectation(std::size_t i, UnixSeconds now) const {
  using Kind = Expectation::Kind;
  const auto& [place, end, subject] = entries_[i];
  if (end == kRevoked || end < now - kAboutTheEnd_s) return {Kind::kInactive, 0};
  const bool sure = end > now + kAboutTheEnd_s && now < sure_until_;
  return {sure ? Kind::kActive : Kind::kEither, subject};
}

Sort Population::sort(std::size_t i, UnixSeconds now) const {
  if (entries_[i].end == kRevoked) return Sort::kRevoked;
  if (entries_[i].end <= now) return Sort::kExpired;
  return IsJwt(i) ? Sort::kJwt : Sort::kActive;
}

}  // namespace introspectd::load
