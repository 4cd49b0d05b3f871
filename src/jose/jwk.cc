#include "jose/jwk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/core.h"
#include "jose/jws.h"
#include "json/document.h"
#include "text/base64.h"
#include "text/json_writer.h"

namespace introspectd::jose {

namespace {

using crypto::Curve;
using crypto::PublicKey;
using Members = std::vector<json::Member>;

constexpr std::array<std::pair<std::string_view, Curve>, 3> kCurves = {
    {{"P-256", Curve::kP256}, {"P-384", Curve::kP384}, {"P-521", Curve::kP521}}};

absl::Status Bad(const std::string& why) { return absl::InvalidArgumentError(why); }

// The string of that name; nothing when there is none, or it is no string.
std::optional<std::string_view> StringOf(const Members& members, std::string_view name) {
  const json::Member* member = json::Find(members, name);
  if (member == nullptr || member->value.type != json::Type::kString) return std::nullopt;
  return member->value.string;
}

absl::StatusOr<std::string> BytesOf(const Members& members, std::string_view name) {
  const std::optional<std::string_view> text = StringOf(members, name);
  if (!text) return Bad(fmt::format("it has no {}", name));
  std::string bytes(text->size() / 4 * 3 + 3, '\0');
  const std::ptrdiff_t size = text::DecodeBase64Url(*text, bytes.data());
  if (size < 0) return Bad(fmt::format("its {} is not base64url", name));
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

// RFC 7518 2 wants as few bytes as possible. Some issuers put the sign byte of DER in front
// nevertheless; the number is the same.
absl::StatusOr<std::string> NumberOf(const Members& members, std::string_view name) {
  absl::StatusOr<std::string> bytes = BytesOf(members, name);
  if (bytes.ok()) bytes->erase(0, bytes->find_first_not_of('\0'));
  return bytes;
}

absl::StatusOr<PublicKey> ReadRsa(const Members& members) {
  absl::StatusOr<std::string> n = NumberOf(members, "n");
  if (!n.ok()) return n.status();
  absl::StatusOr<std::string> e = NumberOf(members, "e");
  if (!e.ok()) return e.status();
  return crypto::RsaPublicKey{*std::move(n), *std::move(e)};
}

absl::StatusOr<PublicKey> ReadEc(const Members& members) {
  const std::string_view name = StringOf(members, "crv").value_or("");
  const auto* curve = std::find_if(kCurves.begin(), kCurves.end(),
                                   [name](const auto& known) { return known.first == name; });
  if (curve == kCurves.end()) return Bad("its curve is unknown");
  absl::StatusOr<std::string> x = BytesOf(members, "x");
  if (!x.ok()) return x.status();
  absl::StatusOr<std::string> y = BytesOf(members, "y");
  if (!y.ok()) return y.status();
  return crypto::EcPublicKey{curve->second, *std::move(x), *std::move(y)};
}

absl::StatusOr<PublicKey> ReadOkp(const Members& members) {
  if (StringOf(members, "crv") != "Ed25519") return Bad("its curve is unknown");
  absl::StatusOr<std::string> x = BytesOf(members, "x");
  if (!x.ok()) return x.status();
  return crypto::Ed25519PublicKey{*std::move(x)};
}

absl::StatusOr<PublicKey> ReadMaterial(const Members& members) {
  const std::string_view type = StringOf(members, "kty").value_or("");
  if (type == "RSA") return ReadRsa(members);
  if (type == "EC") return ReadEc(members);
  if (type == "OKP") return ReadOkp(members);
  return Bad("its type is unknown");
}

bool IsForVerifying(const json::Parser& parser, const Members& members) {
  if (json::Find(members, "use") != nullptr && StringOf(members, "use") != "sig") return false;
  const json::Member* operations = json::Find(members, "key_ops");
  if (operations == nullptr) return true;
  if (operations->value.type != json::Type::kArray) return false;
  std::vector<json::Value> values;
  parser.ElementsOf(operations->value, values);
  return std::any_of(values.begin(), values.end(), [](const json::Value& value) {
    return value.type == json::Type::kString && value.string == "verify";
  });
}

absl::Status ReadKid(const Members& members, Jwk& jwk) {
  if (json::Find(members, "kid") == nullptr) return absl::OkStatus();
  const std::optional<std::string_view> kid = StringOf(members, "kid");
  if (!kid || !IsGoodKid(*kid)) {
    return Bad(fmt::format("its kid is not 1 to {} printable ASCII characters", kKidBytesMax));
  }
  jwk.kid = *kid;
  return absl::OkStatus();
}

absl::Status ReadAlgorithm(const Members& members, Jwk& jwk) {
  if (json::Find(members, "alg") == nullptr) return absl::OkStatus();
  jwk.algorithm = crypto::SignatureAlgorithmOf(StringOf(members, "alg").value_or(""));
  if (!jwk.algorithm) return Bad("its alg is unknown");
  if (!crypto::Fits(*jwk.algorithm, jwk.key)) return Bad("its alg is not one of such keys");
  return absl::OkStatus();
}

// Or why the key is ignored.
absl::StatusOr<Jwk> ReadKey(const json::Parser& parser, const Members& members) {
  Jwk jwk;
  absl::Status good = ReadKid(members, jwk);
  if (!good.ok()) return good;
  if (!IsForVerifying(parser, members)) return Bad("it is not for verifying signatures");
  absl::StatusOr<PublicKey> key = ReadMaterial(members);
  if (!key.ok()) return key.status();
  good = crypto::CheckPublicKey(*key);
  if (!good.ok()) return good;
  jwk.key = *std::move(key);
  good = ReadAlgorithm(members, jwk);
  if (!good.ok()) return good;
  jwk.thumbprint = ThumbprintOf(jwk.key);
  return jwk;
}

bool HasSecret(const Members& members) {
  constexpr std::array<std::string_view, 8> kSecret = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
  return StringOf(members, "kty") == "oct" ||
         std::any_of(kSecret.begin(), kSecret.end(), [&members](std::string_view name) {
           return json::Find(members, name) != nullptr;
         });
}

// "key 2 (kid "2025-01")": what may be logged.
std::string Describe(std::size_t index, const Members& members) {
  const std::string_view kid = StringOf(members, "kid").value_or("");
  return IsGoodKid(kid) ? fmt::format("key {} (kid \"{}\")", index, kid)
                        : fmt::format("key {}", index);
}

bool HaveOneName(const Jwk& a, const Jwk& b) {
  return a.kid && a.kid == b.kid && a.key.index() == b.key.index();
}

absl::Status AddKey(const json::Parser& parser, const json::Value& value, std::size_t index,
                    JwkSet& set) {
  if (value.type != json::Type::kObject) return Bad(fmt::format("key {} is no object", index));
  Members members;
  parser.MembersOf(value, members);
  const std::string name = Describe(index, members);
  if (HasSecret(members)) return Bad(fmt::format("{} is private or symmetric", name));
  absl::StatusOr<Jwk> key = ReadKey(parser, members);
  if (!key.ok()) {
    set.ignored.push_back(fmt::format("{}: {}", name, std::string(key.status().message())));
    return absl::OkStatus();
  }
  for (const Jwk& other : set.keys) {
    if (HaveOneName(other, *key)) return Bad(fmt::format("{} is there twice", name));
  }
  set.keys.push_back(*std::move(key));
  return absl::OkStatus();
}

absl::Status CheckHasKeys(const JwkSet& set) {
  if (!set.keys.empty()) return absl::OkStatus();
  if (set.ignored.empty()) return Bad("the set is empty");
  return Bad(fmt::format("no key can be used; {}", set.ignored.front()));
}

// The members that a thumbprint is made of, in order (RFC 7638 3.2), and no end.
std::string WriteMaterial(const PublicKey& key) {
  std::string out;
  text::JsonWriter writer(out);
  writer.BeginObject();
  const auto add = [&writer](std::string_view name, std::string_view value) {
    writer.Key(name).String(value);
  };
  if (const auto* rsa = std::get_if<crypto::RsaPublicKey>(&key)) {
    add("e", text::EncodeBase64Url(rsa->exponent));
    add("kty", "RSA");
    add("n", text::EncodeBase64Url(rsa->modulus));
  } else if (const auto* ec = std::get_if<crypto::EcPublicKey>(&key)) {
    add("crv", kCurves[static_cast<std::size_t>(ec->curve)].first);
    add("kty", "EC");
    add("x", text::EncodeBase64Url(ec->x));
    add("y", text::EncodeBase64Url(ec->y));
  } else {
    add("crv", "Ed25519");
    add("kty", "OKP");
    add("x", text::EncodeBase64Url(std::get<crypto::Ed25519PublicKey>(key).x));
  }
  return out;
}

}  // namespace

bool IsGoodKid(std::string_view kid) {
  return !kid.empty() && kid.size() <= kKidBytesMax &&
         std::all_of(kid.begin(), kid.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool Jwk::Allows(crypto::SignatureAlgorithm wanted) const {
  return algorithm ? *algorithm == wanted : crypto::Fits(wanted, key);
}

absl::StatusOr<JwkSet> ParseJwkSet(std::string_view text) {
  json::Parser parser(kJwkSetBytesMax, kJsonDepthMax);
  const json::Error error = parser.ParseObject(text);
  if (error != json::Error::kNone) return Bad(json::ToString(error));
  const json::Member* keys = json::Find(parser.members(), "keys");
  if (keys == nullptr || keys->value.type != json::Type::kArray) {
    return Bad("it has no array \"keys\"");
  }
  std::vector<json::Value> values;
  parser.ElementsOf(keys->value, values);
  if (values.size() > kJwkSetKeysMax) {
    return Bad(fmt::format("it has more than {} keys", kJwkSetKeysMax));
  }
  JwkSet set;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const absl::Status good = AddKey(parser, values[i], i, set);
    if (!good.ok()) return good;
  }
  const absl::Status good = CheckHasKeys(set);
  if (!good.ok()) return good;
  return set;
}

std::string WriteJwk(const PublicKey& key, std::string_view kid,
                     crypto::SignatureAlgorithm algorithm) {
  std::string out = WriteMaterial(key) + ",\"kid\":";
  text::AppendJsonString(kid, out);
  out += fmt::format(R"(,"use":"sig","alg":"{}"}})", crypto::NameOf(algorithm));
  return out;
}

crypto::Sha256 ThumbprintOf(const PublicKey& key) {
  return crypto::Sha256Of(WriteMaterial(key) + '}');
}

}  // namespace introspectd::jose
