#include "scale/tokens.h"

#include <utility>
#include <variant>

#include "base/check.h"

namespace introspectd::scale {

namespace {

constexpr std::int64_t kRevokedFor_s = 86'400;

}  // namespace

token::Update Tokens::Upsert(std::uint64_t i, std::uint64_t sequence) {
  const Pusher pusher{.any_issuer = true};
  line_.clear();
  population_.AppendUpdates(i, line_);
  line_.pop_back();
  update::Line parsed =
      parser_.Parse(line_, pusher, update::Origin::kPusher, sequence, kNow * kMicrosPerSecond);
  CHECK(std::holds_alternative<token::Update>(parsed));
  return std::get<token::Update>(std::move(parsed));
}

void Tokens::StageUpsert(std::uint64_t i, token::Writer& writer) {
  writer.Stage(Upsert(i, writer.EntrySequence(kNow * kMicrosPerSecond)), kNow);
}

token::Update Tokens::RevokeStranger(std::uint64_t i, std::uint64_t sequence) const {
  return token::RevokeToken{Stranger(i), sequence, {.known = false, .end = kNow + kRevokedFor_s}};
}

std::string AnswerOf(const token::Update& upsert) {
  return std::string(std::get<token::Upsert>(upsert).record->answer());
}

}  // namespace introspectd::scale
