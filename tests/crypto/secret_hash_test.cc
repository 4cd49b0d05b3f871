#include "crypto/secret_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::crypto {
namespace {

using Kdf = SecretHashCost::Kdf;

// RFC 7914 12, the third vector: N=16384, r=8, p=1, "pleaseletmein", "SodiumChloride". The others
// have salts that are too short for us, or need a gigabyte.
constexpr std::string_view kScrypt =
    "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
    "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";

// RFC 7677 3: the SaltedPassword that its ServerSignature was made of; "pencil".
constexpr std::string_view kPbkdf2 =
    "$pbkdf2-sha256$i=4096$W22ZaJ0SNY7soEsUEjb6gQ$xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0";

SecretHash Parsed(std::string_view text) {
  auto hash = SecretHash::Parse(text);
  EXPECT_TRUE(hash.ok()) << text;
  return *hash;
}

SecretHashCost CheapScrypt() {
  return {.kdf = Kdf::kScrypt, .scrypt_log2_n = 4, .scrypt_r = 2, .scrypt_p = 1};
}

SecretHashCost CheapPbkdf2() { return {.kdf = Kdf::kPbkdf2Sha256, .pbkdf2_iterations = 1000}; }

TEST(SecretHashTest, ScryptIsThatOfTheRfc) {
  const SecretHash hash = Parsed(kScrypt);
  EXPECT_EQ(hash.cost().kdf, Kdf::kScrypt);
  EXPECT_EQ(hash.cost().scrypt_log2_n, 14u);
  EXPECT_EQ(hash.cost().scrypt_r, 8u);
  EXPECT_EQ(hash.cost().scrypt_p, 1u);
  EXPECT_TRUE(hash.Matches("pleaseletmein"));
  EXPECT_FALSE(hash.Matches("pleaseletmeiN"));
}

TEST(SecretHashTest, Pbkdf2IsThatOfTheRfc) {
  const SecretHash hash = Parsed(kPbkdf2);
  EXPECT_EQ(hash.cost().kdf, Kdf::kPbkdf2Sha256);
  EXPECT_EQ(hash.cost().pbkdf2_iterations, 4096u);
  EXPECT_TRUE(hash.Matches("pencil"));
  EXPECT_FALSE(hash.Matches("Pencil"));
}

TEST(SecretHashTest, PrintsWhatItParsed) {
  EXPECT_EQ(Parsed(kScrypt).ToString(), kScrypt);
  EXPECT_EQ(Parsed(kPbkdf2).ToString(), kPbkdf2);
}

TEST(SecretHashTest, WhatIsMadeMatchesItsSecretAlone) {
  for (const SecretHashCost& cost : {CheapScrypt(), CheapPbkdf2()}) {
    const SecretHash hash = SecretHash::Make("s3cret", cost);
    EXPECT_TRUE(hash.Matches("s3cret"));
    EXPECT_TRUE(Parsed(hash.ToString()).Matches("s3cret"));
    for (const char* wrong : {"", "s3cre", "s3cret ", "S3CRET"}) EXPECT_FALSE(hash.Matches(wrong));
    EXPECT_FALSE(hash.Matches({}));
  }
}

TEST(SecretHashTest, EverySaltIsItsOwn) {
  EXPECT_NE(SecretHash::Make("s", CheapPbkdf2()).ToString(),
            SecretHash::Make("s", CheapPbkdf2()).ToString());
}

TEST(SecretHashTest, AnImpossibleHashCostsAsMuchAndMatchesNothing) {
  const SecretHash hash = SecretHash::Impossible(CheapScrypt());
  EXPECT_EQ(hash.cost().kdf, Kdf::kScrypt);
  EXPECT_EQ(hash.cost().scrypt_log2_n, CheapScrypt().scrypt_log2_n);
  for (const char* secret : {"", "s", "secret"}) EXPECT_FALSE(hash.Matches(secret));
  EXPECT_NE(hash.ToString(), SecretHash::Impossible(CheapScrypt()).ToString());
}

TEST(SecretHashTest, RefusesOtherTexts) {
  const std::string salt = "U29kaXVtQ2hsb3JpZGU";
  const std::string hash = "xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0";
  const std::string tail = "$" + salt + "$" + hash;
  for (const std::string& bad : {
           std::string(),
           std::string("$"),
           std::string("secret"),
           std::string("$scrypt$"),
           "scrypt$ln=14,r=8,p=1" + tail,                // no $ in front
           "$scrypt$ln=14,r=8" + tail,                   // a cost is missing
           "$scrypt$ln=14,r=8,p=1,q=1" + tail,           // one too many
           "$scrypt$r=8,ln=14,p=1" + tail,               // another order
           "$scrypt$ln=14,r=8,p=x" + tail,               // no number
           "$scrypt$ln=14,r=8,p=-1" + tail,              //
           "$scrypt$ln=0,r=8,p=1" + tail,                // out of range
           "$scrypt$ln=21,r=8,p=1" + tail,               //
           "$scrypt$ln=20,r=8,p=1" + tail,               // 1 GiB
           "$scrypt$ln=14,r=33,p=1" + tail,              //
           "$scrypt$ln=14,r=8,p=17" + tail,              //
           "$pbkdf2-sha256$i=999" + tail,                //
           "$pbkdf2-sha256$i=10000001" + tail,           //
           "$pbkdf2-sha256$n=4096" + tail,               // another name
           "$pbkdf2-sha512$i=4096" + tail,               // another hash
           "$argon2id$v=19$m=65536,t=2,p=1" + tail,      //
           "$pbkdf2-sha256$i=4096$" + salt,              // no hash
           "$pbkdf2-sha256$i=4096$c2hvcnQ$" + hash,      // a salt of 5 bytes
           "$pbkdf2-sha256$i=4096$" + salt + "$c2hvcnQ"  // a hash of 5 bytes
           ,
           "$pbkdf2-sha256$i=4096$" + salt + "$" + std::string(88, 'A'),  // 66 bytes
           "$pbkdf2-sha256$i=4096" + tail + "$more",                      //
           "$pbkdf2-sha256$i=4096" + tail + "\n",                         //
       }) {
    const auto parsed = SecretHash::Parse(bad);
    EXPECT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(std::string(parsed.status().message()).find(hash), std::string::npos);
  }
}

TEST(SecretHashTest, SaysWhichCostsAreAllowed) {
  EXPECT_TRUE(CheckCost({}).ok());
  EXPECT_TRUE(CheckCost(CheapScrypt()).ok());
  EXPECT_TRUE(CheckCost({.scrypt_log2_n = 20, .scrypt_r = 4}).ok()) << "512 MiB";
  EXPECT_EQ(std::string(CheckCost({.scrypt_log2_n = 20, .scrypt_r = 5}).message()),
            "scrypt: log2(n) must be 1 to 20, r 1 to 32, p 1 to 16, and 2^log2(n) * r * 128 bytes "
            "at most 512 MiB");
  EXPECT_FALSE(CheckCost({.scrypt_log2_n = 64}).ok());
  EXPECT_FALSE(CheckCost({.scrypt_p = 0}).ok());
  EXPECT_TRUE(CheckCost({.kdf = Kdf::kPbkdf2Sha256, .pbkdf2_iterations = 10'000'000}).ok());
  EXPECT_EQ(std::string(CheckCost({.kdf = Kdf::kPbkdf2Sha256, .pbkdf2_iterations = 999}).message()),
            "pbkdf2: the iterations must be 1000 to 10000000");
}

}  // namespace
}  // namespace introspectd::crypto
