#include "system/issuer.h"

#include <algorithm>

#include "fmt/format.h"
#include "support/request.h"
#include "support/world.h"
#include "text/ascii.h"

namespace introspectd::system_test {

namespace {

// Only the newest tokens change, so that older ones need not all be looked at every time.
constexpr std::size_t kChanging = 200;
constexpr std::size_t kBatchMax = 40;
constexpr std::size_t kOldOnesChecked = 500;
constexpr std::size_t kPipelined = 30;

std::string Request(const std::string& token) {
  return support::Request{.body = "token=" + token}.Bytes();
}

// The member `v` of an active answer; none when it is inactive.
std::optional<int> VersionIn(const std::string& body) {
  constexpr std::string_view kName = "\"v\":";
  const std::size_t at = body.find(kName);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + kName.size();
  const auto end = body.find_first_not_of("0123456789", begin);
  return text::ParseInteger<int>(std::string_view(body).substr(begin, end - begin));
}

}  // namespace

std::size_t Issuer::SomeToken() {
  if (tokens_.empty() || random_() % 4 == 0) {
    tokens_.emplace_back();
    return tokens_.size() - 1;
  }
  return tokens_.size() - 1 - random_() % std::min(tokens_.size(), kChanging);
}

bool Issuer::Push(support::AdminClient& admin, int node) {
  std::string lines;
  std::vector<std::size_t> upserted;
  std::vector<std::size_t> revoked;
  for (std::size_t size = 1 + random_() % kBatchMax; size > 0; --size) {
    const std::size_t i = SomeToken();
    if (random_() % 5 == 0) {
      tokens_[i].revocation_sent = true;
      revoked.push_back(i);
      lines += support::Revoke(NameOf(i));
    } else {
      const std::string claims =
          fmt::format(R"({{"exp":@+3600,"v":{}}})", ++tokens_[i].version_sent);
      upserted.push_back(i);
      lines += support::Upsert(NameOf(i), support::WithTimes(claims));
    }
  }
  try {
    if (admin.Push(lines).status != 200) return false;
  } catch (const support::WireError&) {
    return false;
  }
  for (const std::size_t i : upserted) tokens_[i].version = tokens_[i].version_sent;
  for (const std::size_t i : revoked) tokens_[i].revoked = true;
  acknowledged_ += upserted.size() + revoked.size();
  const std::lock_guard lock(mutex_);
  for (const std::size_t i : revoked) {
    revoked_.push_back({NameOf(i), node, std::chrono::steady_clock::now()});
  }
  return true;
}

std::optional<Issuer::Revoked> Issuer::RevokedToken(std::uint32_t random) const {
  const std::lock_guard lock(mutex_);
  if (revoked_.empty()) return std::nullopt;
  const std::size_t among =
      random % 4 == 0 ? revoked_.size() : std::min(revoked_.size(), kChanging);
  return revoked_[revoked_.size() - 1 - random / 4 % among];
}

std::vector<std::string> Issuer::Check(support::Connection& server, bool all) {
  std::vector<std::size_t> asked;
  const std::size_t recent = all ? 0 : checked_ - std::min(checked_, kChanging);
  for (std::size_t i = recent; i < tokens_.size(); ++i) asked.push_back(i);
  for (std::size_t i = 0; i < kOldOnesChecked && recent > 0; ++i)
    asked.push_back(random_() % recent);
  checked_ = tokens_.size();
  std::vector<std::string> wrong;
  for (std::size_t begin = 0; begin < asked.size(); begin += kPipelined) {
    const std::size_t end = std::min(begin + kPipelined, asked.size());
    std::string pipeline;
    for (std::size_t i = begin; i < end; ++i) pipeline += Request(NameOf(asked[i]));
    server.Send(pipeline);
    for (std::size_t i = begin; i < end; ++i) {
      const support::Response response = server.Read();
      std::string text = response.status == 200
                             ? Wrong(asked[i], VersionIn(response.body))
                             : fmt::format("{}: {}", NameOf(asked[i]), response.status);
      if (!text.empty()) wrong.push_back(std::move(text));
    }
  }
  return wrong;
}

std::string Issuer::Wrong(std::size_t i, std::optional<int> version) {
  Token& token = tokens_[i];
  const int least = token.version;
  const int most = token.version_sent;
  if (!version) {
    const bool possible = token.revocation_sent || least == 0;
    if (!possible) return fmt::format("{}: version {} was lost", NameOf(i), least);
    // Without an upsert that arrived, it says nothing of the revocation.
    if (least > 0) token.revoked = true;
    if (!token.revocation_sent) token.version_sent = 0;  // what was sent did not arrive
    return "";
  }
  if (token.revoked) return fmt::format("{}: is active, but was revoked", NameOf(i));
  if (*version < least || *version > most) {
    return fmt::format("{}: version {} of {} to {}", NameOf(i), *version, least, most);
  }
  token.version = token.version_sent = *version;
  token.revocation_sent = false;  // it did not arrive
  return "";
}

}  // namespace introspectd::system_test
