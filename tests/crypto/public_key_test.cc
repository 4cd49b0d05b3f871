#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <array>
#include <string>

#include "crypto/openssl_ptr.h"
#include "crypto/private_key.h"
#include "crypto/signature.h"
#include "crypto/vectors.h"

namespace introspectd::crypto {
namespace {

const RsaPublicKey& GoodRsa() {
  static const PublicKey key = Rs256Vector().key;
  return std::get<RsaPublicKey>(key);
}

std::string WhyNot(const PublicKey& key) {
  const absl::Status status = CheckPublicKey(key);
  const Library library;
  for (const auto algorithm :
       {SignatureAlgorithm::kRs256, SignatureAlgorithm::kEs256, SignatureAlgorithm::kEdDsa}) {
    if (!Fits(algorithm, key)) continue;
    EXPECT_EQ(SignatureVerifier::Create(library, key, algorithm).ok(), status.ok());
  }
  return std::string(status.message());
}

std::string WhyNotModulus(std::string modulus) {
  return WhyNot(RsaPublicKey{std::move(modulus), GoodRsa().exponent});
}

std::string WhyNotExponent(std::string exponent) {
  return WhyNot(RsaPublicKey{GoodRsa().modulus, std::move(exponent)});
}

// Odd, and of so many bits.
std::string Modulus(std::size_t bits) {
  std::string modulus((bits + 7) / 8, '\x5b');
  modulus.front() = static_cast<char>(1u << ((bits - 1) % 8));
  return modulus;
}

TEST(RsaKeyTest, TheModulusIsWithinItsBounds) {
  EXPECT_EQ(WhyNotModulus(GoodRsa().modulus), "");
  EXPECT_EQ(WhyNotModulus(Modulus(2048)), "");
  EXPECT_EQ(WhyNotModulus(Modulus(8192)), "");
  EXPECT_EQ(WhyNotModulus(Modulus(1024)), "the RSA modulus has fewer than 2048 bits");
  EXPECT_EQ(WhyNotModulus(Modulus(2047)), "the RSA modulus has fewer than 2048 bits");
  EXPECT_EQ(WhyNotModulus(Modulus(8193)), "the RSA modulus has more than 8192 bits");
  EXPECT_EQ(WhyNotModulus(Modulus(16384)), "the RSA modulus has more than 8192 bits");
  EXPECT_EQ(WhyNotModulus(""), "an RSA number is empty or begins with a zero");
  EXPECT_EQ(WhyNotModulus('\0' + GoodRsa().modulus),
            "an RSA number is empty or begins with a zero");
  std::string even = GoodRsa().modulus;
  even.back() = static_cast<char>(even.back() - 1);
  EXPECT_EQ(WhyNotModulus(even), "the RSA modulus is even");
}

TEST(RsaKeyTest, TheExponentIsOddAndWithin3And2To32) {
  EXPECT_EQ(WhyNotExponent("\x03"), "");
  EXPECT_EQ(WhyNotExponent("\xff\xff\xff\xff"), "");
  EXPECT_EQ(WhyNotExponent("\x01"), "the RSA exponent is not within 3 and 2^32 - 1");
  EXPECT_EQ(WhyNotExponent(std::string("\x01\0\0\0\x01", 5)),
            "the RSA exponent is not within 3 and 2^32 - 1");
  EXPECT_EQ(WhyNotExponent("\x02"), "the RSA exponent is even");
  EXPECT_EQ(WhyNotExponent(std::string("\x01\0", 2)), "the RSA exponent is even");
  EXPECT_EQ(WhyNotExponent(""), "an RSA number is empty or begins with a zero");
  EXPECT_EQ(WhyNotExponent(std::string(1, '\0')), "an RSA number is empty or begins with a zero");
}

// 65537^power modulo the product of the small primes, and anything above it.
std::string RocaModulus(unsigned power) {
  const OpensslPtr<BN_CTX, BN_CTX_free> scratch(BN_CTX_new());
  const BignumPtr product(BN_new());
  BN_one(product.get());
  for (const unsigned prime :
       {2u,   3u,   5u,   7u,   11u,  13u,  17u,  19u,  23u,  29u,  31u,  37u,  41u,
        43u,  47u,  53u,  59u,  61u,  67u,  71u,  73u,  79u,  83u,  89u,  97u,  101u,
        103u, 107u, 109u, 113u, 127u, 131u, 137u, 139u, 149u, 151u, 157u, 163u, 167u}) {
    BN_mul_word(product.get(), prime);
  }
  const BignumPtr base(BN_new());
  const BignumPtr exponent(BN_new());
  const BignumPtr n(BN_new());
  BN_set_word(base.get(), 65537);
  BN_set_word(exponent.get(), power);
  BN_mod_exp(n.get(), base.get(), exponent.get(), product.get(), scratch.get());
  BN_lshift(product.get(), product.get(), 2048 - BN_num_bits(product.get()));
  BN_add(n.get(), n.get(), product.get());
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(n.get())), '\0');
  BN_bn2bin(n.get(), Unsigned(bytes.data()));
  return bytes;
}

TEST(RsaKeyTest, RocaIsRecognised) {
  for (const unsigned power : {0u, 1u, 2u, 77u, 123456u}) {
    std::string modulus = RocaModulus(power);
    EXPECT_EQ(WhyNotModulus(modulus), "the RSA modulus has the structure of CVE-2017-15361");
    modulus.back() = static_cast<char>(modulus.back() ^ 2);
    EXPECT_EQ(WhyNotModulus(modulus), "");
  }
}

TEST(EcKeyTest, ThePointIsOnItsCurve) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEs256, SignatureAlgorithm::kEs384, SignatureAlgorithm::kEs512}) {
    const auto good = std::get<EcPublicKey>(PrivateKey::Generate(algorithm).public_key());
    EXPECT_EQ(WhyNot(good), "");
    EcPublicKey off = good;
    off.y.back() = static_cast<char>(off.y.back() ^ 1);
    EXPECT_EQ(WhyNot(off), "the point is not on its curve");
    EcPublicKey zero = good;
    zero.x.assign(zero.x.size(), '\0');
    zero.y.assign(zero.y.size(), '\0');
    EXPECT_EQ(WhyNot(zero), "the point is not on its curve");
    EcPublicKey beyond = good;
    beyond.x.assign(beyond.x.size(), '\xff');
    EXPECT_EQ(WhyNot(beyond), "the point is not on its curve");
  }
}

TEST(EcKeyTest, CoordinatesAreAsLongAsTheField) {
  const auto good = std::get<EcPublicKey>(Es256Vector().key);
  constexpr const char* kWhy = "a coordinate is not as long as the curve's field";
  EXPECT_EQ(WhyNot(EcPublicKey{Curve::kP256, good.x.substr(1), good.y}), kWhy);
  EXPECT_EQ(WhyNot(EcPublicKey{Curve::kP256, '\0' + good.x, good.y}), kWhy);
  EXPECT_EQ(WhyNot(EcPublicKey{Curve::kP256, good.x, ""}), kWhy);
  EXPECT_EQ(WhyNot(EcPublicKey{Curve::kP384, good.x, good.y}), kWhy);
}

TEST(Ed25519KeyTest, IsOf32BytesAndNotOfSmallOrder) {
  const auto good = std::get<Ed25519PublicKey>(EdDsaVector().key);
  EXPECT_EQ(WhyNot(good), "");
  EXPECT_EQ(WhyNot(Ed25519PublicKey{good.x.substr(1)}), "the Ed25519 key is not of 32 bytes");
  EXPECT_EQ(WhyNot(Ed25519PublicKey{good.x + "x"}), "the Ed25519 key is not of 32 bytes");
  EXPECT_EQ(WhyNot(Ed25519PublicKey{""}), "the Ed25519 key is not of 32 bytes");
  const std::string zeros(31, '\0');
  const std::string ones(30, '\xff');
  for (const std::string& small :
       {'\0' + zeros, '\x01' + zeros, '\x01' + std::string(30, '\0') + '\x80',
        '\xec' + ones + '\x7f', '\xed' + ones + '\x7f', '\xee' + ones + '\xff',
        FromBase64Url("JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU"),
        FromBase64Url("xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o")}) {
    EXPECT_EQ(WhyNot(Ed25519PublicKey{small}), "the Ed25519 key is a point of small order");
  }
  EXPECT_EQ(WhyNot(Ed25519PublicKey{'\x02' + zeros}), "");
}

TEST(FitsTest, TheCurveDecides) {
  const PublicKey p256 = Es256Vector().key;
  EXPECT_TRUE(Fits(SignatureAlgorithm::kEs256, p256));
  EXPECT_FALSE(Fits(SignatureAlgorithm::kEs384, p256));
  EXPECT_FALSE(Fits(SignatureAlgorithm::kEs512, p256));
  EXPECT_FALSE(Fits(SignatureAlgorithm::kRs256, p256));
  EXPECT_FALSE(Fits(SignatureAlgorithm::kEdDsa, p256));
  EXPECT_TRUE(Fits(SignatureAlgorithm::kEs512, Es512Vector().key));
  EXPECT_TRUE(Fits(SignatureAlgorithm::kRs512, GoodRsa()));
  EXPECT_TRUE(Fits(SignatureAlgorithm::kPs256, GoodRsa()));
  EXPECT_FALSE(Fits(SignatureAlgorithm::kEs256, GoodRsa()));
  EXPECT_TRUE(Fits(SignatureAlgorithm::kEdDsa, EdDsaVector().key));
  EXPECT_FALSE(Fits(SignatureAlgorithm::kPs512, EdDsaVector().key));
}

}  // namespace
}  // namespace introspectd::crypto
