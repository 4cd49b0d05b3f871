#include "crypto/algorithms.h"

#include <openssl/obj_mac.h>

#include "base/check.h"

namespace introspectd::crypto {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::array<AlgorithmTraits, kSignatureAlgorithms> kAlgorithms = {{
    {"RS256", Scheme::kPkcs1, Hash::kSha256},
    {"RS384", Scheme::kPkcs1, Hash::kSha384},
    {"RS512", Scheme::kPkcs1, Hash::kSha512},
    {"PS256", Scheme::kPss, Hash::kSha256},
    {"PS384", Scheme::kPss, Hash::kSha384},
    {"PS512", Scheme::kPss, Hash::kSha512},
    {"ES256", Scheme::kEcdsa, Hash::kSha256, Curve::kP256},
    {"ES384", Scheme::kEcdsa, Hash::kSha384, Curve::kP384},
    {"ES512", Scheme::kEcdsa, Hash::kSha512, Curve::kP521},
    {"EdDSA", Scheme::kEdDsa, Hash::kItsOwn},
}};

constexpr std::array<CurveTraits, 3> kCurves = {{
    {SN_X9_62_prime256v1, NID_X9_62_prime256v1, 32,
     "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
     "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"sv},
    {SN_secp384r1, NID_secp384r1, 48,
     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
     "\xff\xff\xff\xff\xff\xff\xff\xff\xc7\x63\x4d\x81\xf4\x37\x2d\xdf"
     "\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73"sv},
    {SN_secp521r1, NID_secp521r1, 66,
     "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
     "\xff\xfa\x51\x86\x87\x83\xbf\x2f\x96\x6b\x7f\xcc\x01\x48\xf7\x09"
     "\xa5\xd0\x3b\xb5\xc9\xb8\x89\x9c\x47\xae\xbb\x6f\xb7\x1e\x91\x38"
     "\x64\x09"sv},
}};
static_assert(kCurves[0].order.size() == 32 && kCurves[1].order.size() == 48 &&
              kCurves[2].order.size() == kFieldBytesMax);

}  // namespace

const AlgorithmTraits& TraitsOf(SignatureAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

const CurveTraits& TraitsOf(Curve curve) { return kCurves[static_cast<std::size_t>(curve)]; }

const char* OpensslNameOf(Hash hash) {
  switch (hash) {
    case Hash::kSha256:
      return SN_sha256;
    case Hash::kSha384:
      return SN_sha384;
    case Hash::kSha512:
      return SN_sha512;
    case Hash::kItsOwn:
      return nullptr;
  }
  CHECK(false);
}

std::optional<SignatureAlgorithm> SignatureAlgorithmOf(std::string_view name) {
  for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
    if (kAlgorithms[i].name == name) return static_cast<SignatureAlgorithm>(i);
  }
  return std::nullopt;
}

std::string_view NameOf(SignatureAlgorithm algorithm) { return TraitsOf(algorithm).name; }

}  // namespace introspectd::crypto
