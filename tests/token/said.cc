#include "token/said.h"

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

}  // namespace

Claims ClaimsOf(const Said& said) {
  Claims claims;
  claims.bytes = said.answer;
  claims.answer_size = said.answer.size();
  claims.exp = said.exp;
  claims.nbf = said.nbf;
  claims.iat = said.iat;
  const std::pair<Field, const std::optional<std::string>&> fields[] = {
      {Field::kIss, said.iss}, {Field::kSub, said.sub}, {Field::kClientId, said.client_id},
      {Field::kSid, said.sid}, {Field::kJti, said.jti}, {Field::kScope, said.scope}};
  for (const auto& [field, text] : fields) {
    if (text) claims.fields[static_cast<std::size_t>(field)] = Append(*text, claims.bytes);
  }
  for (const std::string& aud : said.aud) claims.audiences.push_back(Append(aud, claims.bytes));
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
