// Whatever is published: what is taken from it can be written and read again, is good by itself,
// and what is said of it may be logged.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "crypto/signature.h"
#include "jose/jwk.h"

namespace introspectd::jose {
namespace {

void CheckPrintable(std::string_view sentence) {
  CHECK(
      std::all_of(sentence.begin(), sentence.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }));
}

crypto::SignatureAlgorithm AnyOf(const Jwk& jwk) {
  for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i) {
    const auto algorithm = static_cast<crypto::SignatureAlgorithm>(i);
    if (jwk.Allows(algorithm)) return algorithm;
  }
  CHECK(false);
}

void CheckKey(const Jwk& jwk) {
  CHECK(crypto::CheckPublicKey(jwk.key).ok());
  const std::string text =
      "{\"keys\":[" + WriteJwk(jwk.key, jwk.kid.value_or("none"), AnyOf(jwk)) + "]}";
  const auto again = ParseJwkSet(text);
  CHECK(again.ok() && again->keys.size() == 1);
  CHECK(again->keys[0].thumbprint == jwk.thumbprint);
  CHECK(again->keys[0].kid == jwk.kid.value_or("none"));
}

void CheckSet(std::string_view text) {
  const auto set = ParseJwkSet(text);
  if (!set.ok()) return CheckPrintable(std::string(set.status().message()));
  CHECK(!set->keys.empty() && set->keys.size() + set->ignored.size() <= kJwkSetKeysMax);
  for (const Jwk& jwk : set->keys) CheckKey(jwk);
  for (const std::string& sentence : set->ignored) CheckPrintable(sentence);
}

}  // namespace
}  // namespace introspectd::jose

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::jose::CheckSet({reinterpret_cast<const char*>(data), size});
  return 0;
}
