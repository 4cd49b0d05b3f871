#include "token/said.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <utility>

namespace introspectd::token {

namespace {

Span16 Append(std::string_view text, std::string& bytes) {
  const Span16 span{static_cast<std::uint16_t>(bytes.size()),
                    static_cast<std::uint16_t>(text.size())};
  bytes += text;
  return span;
}

constexpr std::pair<std::string_view, Field> kFields[] = {
    {"iss", Field::kIss}, {"sub", Field::kSub}, {"client_id", Field::kClientId},
    {"sid", Field::kSid}, {"jti", Field::kJti}, {"scope", Field::kScope}};

std::optional<std::string>& TextOf(Field field, Said& said) {
  std::optional<std::string>* const texts[] = {&said.iss, &said.sub, &said.client_id,
                                               &said.sid, &said.jti, &said.scope};
  return *texts[static_cast<std::size_t>(field)];
}

// Where the string behind `before` stands.
Span16 Locate(const std::string& before, std::size_t size, std::string_view answer) {
  return {static_cast<std::uint16_t>(answer.find(before) + before.size()),
          static_cast<std::uint16_t>(size)};
}

}  // namespace

Said WithAnswer(Said said, std::string_view more) {
  said.answer = R"({"active":true)";
  const auto add = [&said](std::string_view name, const std::string& value) {
    said.answer += fmt::format(R"(,"{}":{})", name, value);
  };
  for (const auto& [name, field] : kFields) {
    if (const auto& text = TextOf(field, said)) add(name, '"' + *text + '"');
  }
  if (!said.aud.empty()) add("aud", fmt::format(R"(["{}"])", fmt::join(said.aud, R"(",")")));
  add("exp", std::to_string(said.exp));
  if (said.iat != kNever) add("iat", std::to_string(said.iat));
  if (said.nbf != kNever) add("nbf", std::to_string(said.nbf));
  if (!more.empty()) said.answer += "," + std::string(more);
  said.answer += '}';
  said.fields_in_answer = true;
  return said;
}

Claims ClaimsOf(const Said& said) {
  Claims claims;
  claims.bytes = said.answer;
  claims.answer_size = said.answer.size();
  claims.exp = said.exp;
  claims.nbf = said.nbf;
  claims.iat = said.iat;
  Said copy = said;
  for (const auto& [name, field] : kFields) {
    const auto& text = TextOf(field, copy);
    if (!text) continue;
    claims.fields[static_cast<std::size_t>(field)] =
        said.fields_in_answer ? Locate(fmt::format(R"("{}":")", name), text->size(), said.answer)
                              : Append(*text, claims.bytes);
  }
  std::size_t at = claims.bytes.find(R"("aud":[)") + 7;
  for (const std::string& aud : said.aud) {
    if (said.fields_in_answer) {
      claims.audiences.push_back(
          {static_cast<std::uint16_t>(at + 1), static_cast<std::uint16_t>(aud.size())});
      at += aud.size() + 3;
    } else {
      claims.audiences.push_back(Append(aud, claims.bytes));
    }
  }
  return claims;
}

Upsert UpsertOf(const TokenDigest& digest, std::uint64_t sequence, const Said& said) {
  return {.record = Record::Upsert(digest, sequence, ClaimsOf(said))};
}

TokenDigest DigestOf(std::uint16_t shard, std::uint32_t tag, std::uint32_t unique) {
  const std::uint64_t low = shard | std::uint64_t{unique} << 32;
  const std::uint64_t high = tag | std::uint64_t{unique} << 32;
  TokenDigest digest;
  std::memcpy(digest.bytes.data(), &low, sizeof low);
  std::memcpy(digest.bytes.data() + sizeof low, &high, sizeof high);
  return digest;
}

}  // namespace introspectd::token
