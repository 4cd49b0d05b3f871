// Whatever an issuer says of a token: what is taken of it becomes an answer that means one thing to
// everybody who reads it, and the same to those who decide by its spans; and so it stays when it is
// packed.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "claims/builder.h"
#include "packing.h"
#include "text/json_walker.h"

namespace introspectd::claims {
namespace {

using json::Type;
using token::Field;
using token::Span16;

constexpr std::size_t kBytesMax = std::size_t{16} << 10;
constexpr std::size_t kDepthMax = 16;
constexpr std::array<std::string_view, token::kFieldCount> kFields{"iss", "sub", "client_id",
                                                                   "sid", "jti", "scope"};

std::string_view TextOf(const token::Claims& claims, Span16 span) {
  CHECK(std::size_t{span.offset} + span.size <= claims.bytes.size());
  return std::string_view(claims.bytes).substr(span.offset, span.size);
}

void CheckField(const token::Claims& claims, std::size_t field, const json::Member* member) {
  const Span16 span = claims.fields[field];
  CHECK((span.offset == Span16::kAbsent) == (member == nullptr));
  if (member != nullptr) CHECK(member->value.string == TextOf(claims, span));
}

void CheckTime(UnixSeconds time, const json::Member* member) {
  CHECK((time == token::kNever) == (member == nullptr));
  if (member != nullptr) CHECK(IsTime(member->value) && member->value.integer == time);
}

void CheckAudiences(const token::Claims& claims, const json::Parser& answer) {
  const json::Member* aud = json::Find(answer.members(), "aud");
  if (aud == nullptr) return CHECK(claims.audiences.empty());
  std::vector<json::Value> audiences;
  answer.ElementsOf(aud->value, audiences);
  CHECK(audiences.size() == claims.audiences.size());
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    CHECK(audiences[i].type == Type::kString);
    CHECK(audiences[i].string == TextOf(claims, claims.audiences[i]));
  }
}

// Whoever walks over the answer without checking it finds the same members.
void CheckWalk(std::string_view text, const json::Parser& answer) {
  text::JsonWalker walker(text);
  for (const json::Member& member : answer.members()) {
    const std::string_view name = walker.Take();
    const auto at = static_cast<std::size_t>(name.data() - text.data());
    CHECK(name == member.raw_name);
    CHECK(name == text::JsonWalker(text, at).TakeString(member.name.size()));
    CHECK(walker.Take() == member.value.raw);
  }
  CHECK(walker.AtEnd());
}

void CheckAnswer(const token::Claims& claims) {
  static json::Parser answer(std::size_t{64} << 10, kDepthMax);
  CHECK(claims.bytes.size() <= Span16::kAbsent && claims.answer_size <= claims.bytes.size());
  const std::string_view text = std::string_view(claims.bytes).substr(0, claims.answer_size);
  CHECK(text.starts_with(R"({"active":true,)"));
  CHECK(answer.ParseObject(text) == json::Error::kNone);  // no member twice, either
  CheckWalk(text, answer);
  const auto find = [](std::string_view name) { return json::Find(answer.members(), name); };
  for (std::size_t i = 0; i < kFields.size(); ++i) CheckField(claims, i, find(kFields[i]));
  CheckTime(claims.exp, find("exp"));
  CheckTime(claims.iat, find("iat"));
  CheckTime(claims.nbf, find("nbf"));
  CheckAudiences(claims, answer);
  CHECK(find("token_type")->value.type == Type::kString);
  CHECK(find("extended_claims")->value.type == Type::kObject);
  for (const json::Member& member : answer.members()) {  // found without unescaping
    CHECK(Look(member.name, Origin::kPush).kind == Kind::kExtension ||
          member.raw_name.size() == member.name.size() + 2);
  }
}

void CheckAll(const token::Claims& claims) {
  static fuzz::Packing packing;
  CheckAnswer(claims);
  packing.Add(claims);
}

void CheckClaims(std::string_view text) {
  static json::Parser parser(kBytesMax, kDepthMax);
  static Builder builder(parser);
  static token::Claims claims;
  const TokenDigest digest = TokenDigest::Of("t");
  if (parser.ParseObject(text) != json::Error::kNone) return;
  if (builder.BuildFromJwt(digest, claims).empty()) CheckAll(claims);
  if (parser.ParseObject("{\"claims\":" + std::string(text) + "}") != json::Error::kNone) return;
  if (builder.Build(parser.members()[0].value, digest, claims).empty()) CheckAll(claims);
}

}  // namespace
}  // namespace introspectd::claims

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::claims::CheckClaims({reinterpret_cast<const char*>(data), size});
  return 0;
}
