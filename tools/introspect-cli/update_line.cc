#include "update_line.h"

#include <fmt/format.h>

#include "base/check.h"
#include "text/base64.h"

namespace introspectd::cli {

namespace {

using json::Find;
using json::Member;
using json::Type;

constexpr std::size_t kDepthMax = 32;  // deeper than what a server takes

const Member* FindString(const std::vector<Member>& members, std::string_view name) {
  const Member* const member = Find(members, name);
  return member != nullptr && member->value.type == Type::kString ? member : nullptr;
}

std::optional<TokenDigest> DigestOf(const std::vector<Member>& members) {
  if (const Member* token = FindString(members, "token")) {
    return TokenDigest::Of(token->value.string);
  }
  const Member* const digest = FindString(members, "token_sha256");
  return digest != nullptr ? TokenDigest::Parse(digest->value.string) : std::nullopt;
}

}  // namespace

UpdateLineReader::UpdateLineReader() : parser_(kLineBytesMax, kDepthMax) {}

std::optional<UpdateLine> UpdateLineReader::Read(std::string_view line) {
  if (parser_.ParseObject(line) != json::Error::kNone) return std::nullopt;
  const std::vector<Member>& members = parser_.members();
  const Member* const op = FindString(members, "op");
  if (op == nullptr) return std::nullopt;
  UpdateLine update;
  if (const Member* issuer = FindString(members, "issuer")) update.issuer = issuer->value.string;
  update.op = op->value.string;
  update.digest = DigestOf(members);
  if (const Member* sequence = Find(members, "sequence")) {
    update.has_sequence = true;
    if (sequence->value.type == Type::kInteger) update.sequence = sequence->value.integer;
  }
  const Member* const claims = Find(members, "claims");
  if (claims != nullptr && claims->value.type == Type::kObject) {
    parser_.MembersOf(claims->value, claims_);
    if (const Member* issuer = FindString(claims_, "iss")) update.issuer = issuer->value.string;
  }
  return update;
}

std::string DigestText(const TokenDigest& digest) {
  return text::EncodeBase64Url(
      {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

void AppendWithSequence(std::string_view line, std::int64_t sequence, std::string& out) {
  const std::size_t brace = line.rfind('}');
  CHECK(brace != std::string_view::npos);
  const fmt::format_int digits(sequence);
  out += line.substr(0, brace);
  out += ",\"sequence\":";
  out.append(digits.data(), digits.size());
  out += line.substr(brace);
}

}  // namespace introspectd::cli
