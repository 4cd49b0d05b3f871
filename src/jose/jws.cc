#include "jose/jws.h"

#include <algorithm>
#include <array>

#include "jose/jwk.h"
#include "text/ascii.h"
#include "text/base64.h"

namespace introspectd::jose {

namespace {

using json::Member;
using json::Type;

constexpr std::size_t kHeaderBytesMax = 2048;
constexpr std::size_t kHeaderDepthMax = 4;
constexpr std::string_view kApplication = "application/";

// Lower case. RFC 8417, 9449, 9701, 9101, 8935, OpenID Connect Back-Channel Logout, Federation and
// SD-JWT; the last ones are what issuers call their ID and refresh tokens.
constexpr std::array<std::string_view, 16> kOtherTypes{"secevent+jwt",
                                                       "dpop+jwt",
                                                       "token-introspection+jwt",
                                                       "oauth-authz-req+jwt",
                                                       "logout+jwt",
                                                       "client-authentication+jwt",
                                                       "entity-statement+jwt",
                                                       "kb+jwt",
                                                       "statuslist+jwt",
                                                       "vc+jwt",
                                                       "dc+sd-jwt",
                                                       "vc+sd-jwt",
                                                       "id+jwt",
                                                       "id_token+jwt",
                                                       "rt+jwt",
                                                       "refresh+jwt"};

// '{' is 0x7b: its first six bits are those of 'e', and its other two decide the second letter.
bool BeginsAnObject(std::string_view part) {
  constexpr std::string_view kSecond = "wxyz0123456789-_";
  return part.size() >= 2 && part[0] == 'e' && kSecond.find(part[1]) != std::string_view::npos;
}

}  // namespace

std::optional<Jws> SplitCompact(std::string_view token) {
  if (!BeginsAnObject(token)) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || second == first + 1) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Jws{.header = token.substr(0, first),
             .payload = token.substr(first + 1, second - first - 1),
             .signature = token.substr(second + 1),
             .signed_part = token.substr(0, second)};
}

bool DecodePart(std::string_view part, std::string& out) {
  out.resize(part.size() / 4 * 3 + 3);
  const std::ptrdiff_t size = text::DecodeBase64Url(part, out.data());
  if (size < 0) return false;
  out.resize(static_cast<std::size_t>(size));
  return true;
}

HeaderReader::HeaderReader() : json_(kHeaderBytesMax, kHeaderDepthMax) {}

Refusal HeaderReader::Read(std::string_view part, Header& out) {
  if (part != part_) {
    part_ = part;
    refusal_ = ReadPart(part);
  }
  out = header_;
  return refusal_;
}

Refusal HeaderReader::ReadPart(std::string_view part) {
  header_ = {};
  if (!DecodePart(part, decoded_) || json_.ParseObject(decoded_) != json::Error::kNone) {
    return Refusal::kMalformed;
  }
  bool has_algorithm = false;
  for (const Member& member : json_.members()) {
    const Refusal refusal = ReadMember(member, header_, has_algorithm);
    if (refusal != Refusal::kNone) return refusal;
  }
  return has_algorithm ? Refusal::kNone : Refusal::kAlgorithm;
}

Refusal HeaderReader::ReadMember(const Member& member, Header& out, bool& has_algorithm) {
  const json::Value& value = member.value;
  if (member.name == "alg") {
    if (value.type != Type::kString) return Refusal::kMalformed;
    const auto algorithm = crypto::SignatureAlgorithmOf(value.string);
    if (!algorithm) return Refusal::kAlgorithm;
    out.algorithm = *algorithm;
    has_algorithm = true;
  } else if (member.name == "kid") {
    if (value.type != Type::kString || !IsGoodKid(value.string)) return Refusal::kMalformed;
    out.kid = value.string;
  } else if (member.name == "typ") {
    if (value.type != Type::kString) return Refusal::kMalformed;
    out.type = value.string;
  } else if (member.name == "crit" || member.name == "zip" || member.name == "enc") {
    return Refusal::kCritical;
  } else if (member.name == "b64") {
    if (value.type != Type::kBool || !value.boolean) return Refusal::kCritical;
  }
  return Refusal::kNone;
}

std::string_view ShortType(std::string_view type) {
  const std::string_view begin = type.substr(0, kApplication.size());
  return text::EqualsIgnoreCase(begin, kApplication) ? type.substr(kApplication.size()) : type;
}

bool IsTypeOfAnotherJwt(std::string_view type) {
  return std::ranges::any_of(kOtherTypes, [&](std::string_view other) {
    return text::EqualsIgnoreCase(ShortType(type), other);
  });
}

}  // namespace introspectd::jose
