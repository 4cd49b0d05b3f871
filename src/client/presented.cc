#include "client/presented.h"

#include <utility>

#include "text/ascii.h"
#include "text/base64.h"
#include "text/form.h"

namespace introspectd::client {

namespace {

// Splits "scheme credentials" (RFC 9110 11.4).
std::string_view TakeScheme(std::string_view& authorization) {
  const std::string_view scheme = text::TakeUntil(authorization, ' ');
  while (!authorization.empty() && authorization.front() == ' ') authorization.remove_prefix(1);
  return scheme;
}

Scheme SchemeOf(std::string_view name) {
  if (text::EqualsIgnoreCase(name, "basic")) return Scheme::kBasic;
  if (text::EqualsIgnoreCase(name, "bearer")) return Scheme::kBearer;
  return Scheme::kOther;
}

bool HasControls(std::string_view s) {
  for (const char c : s) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

// The two readings of base64(id ":" secret). Everything that they need goes into `scratch`, which
// is sized first, since the pairs point into it.
bool ReadBasic(std::string_view encoded, std::string& scratch, Presented& presented) {
  scratch.resize(encoded.size() * 2 + 8);
  const std::ptrdiff_t size = text::DecodeBase64(encoded, scratch.data());
  if (size < 0) return false;
  const std::string_view decoded(scratch.data(), static_cast<std::size_t>(size));
  const std::size_t colon = decoded.find(':');
  if (colon == std::string_view::npos || HasControls(decoded)) return false;
  const Pair raw{decoded.substr(0, colon), decoded.substr(colon + 1)};
  presented.pairs[0] = raw;
  presented.pair_count = 1;
  if (!text::NeedsFormDecoding(decoded)) return true;
  const std::size_t id_at = decoded.size();
  scratch.resize(id_at);
  if (!text::DecodeForm(raw.id, scratch)) return true;
  const std::size_t secret_at = scratch.size();
  if (!text::DecodeForm(raw.secret, scratch)) return true;
  const std::string_view all(scratch);
  presented.pairs[1] = {all.substr(id_at, secret_at - id_at), all.substr(secret_at)};
  presented.pair_count = 2;
  return true;
}

// Leaves the readings of the header that say the same as the body.
void KeepAgreeing(const FormCredentials& form, Presented& presented) {
  const std::size_t count = std::exchange(presented.pair_count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const Pair pair = presented.pairs[i];
    if (form.client_id.value_or(pair.id) == pair.id &&
        form.client_secret.value_or(pair.secret) == pair.secret) {
      presented.pairs[presented.pair_count++] = pair;
    }
  }
}

Presented::Kind KindOfAssertion(bool beside_header, const FormCredentials& form) {
  if (beside_header || form.client_secret) return Presented::Kind::kContradiction;
  return form.client_assertion && form.client_assertion_type == kJwtBearer
             ? Presented::Kind::kAssertion
             : Presented::Kind::kUnusable;
}

}  // namespace

Presented ReadPresented(std::optional<std::string_view> authorization, const FormCredentials& form,
                        std::string& scratch) {
  Presented presented;
  if (form.has_assertion()) {
    presented.kind = KindOfAssertion(authorization.has_value(), form);
    presented.method = AuthMethod::kPrivateKeyJwt;
    return presented;
  }
  if (!authorization) {
    if (!form.client_secret) return presented;
    presented.kind = form.client_id ? Presented::Kind::kPairs : Presented::Kind::kUnusable;
    presented.method = AuthMethod::kClientSecretPost;
    presented.pairs[0] = {form.client_id.value_or(""), *form.client_secret};
    presented.pair_count = 1;
    return presented;
  }
  std::string_view rest = *authorization;
  presented.scheme = SchemeOf(TakeScheme(rest));
  if (presented.scheme == Scheme::kBearer && !rest.empty() && !form.client_secret) {
    presented.kind = Presented::Kind::kBearer;
    presented.bearer = rest;
    return presented;
  }
  const bool readable = presented.scheme == Scheme::kBasic && ReadBasic(rest, scratch, presented);
  if (!readable) {
    presented.kind =
        form.client_secret ? Presented::Kind::kContradiction : Presented::Kind::kUnusable;
  } else {
    KeepAgreeing(form, presented);
    presented.kind =
        presented.pair_count > 0 ? Presented::Kind::kPairs : Presented::Kind::kContradiction;
  }
  return presented;
}

std::optional<std::string_view> BearerToken(std::string_view authorization) {
  if (SchemeOf(TakeScheme(authorization)) != Scheme::kBearer || authorization.empty()) {
    return std::nullopt;
  }
  return authorization;
}

}  // namespace introspectd::client
