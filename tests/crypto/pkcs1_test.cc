#include "crypto/pkcs1.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <string>
#include <vector>

#include "crypto/openssl_ptr.h"
#include "crypto/private_key.h"

namespace introspectd::crypto {
namespace {

constexpr std::size_t kBytes = 256;

// What a forger would like to be taken for the encoding of a hash: signed as it is, without
// padding.
class Pkcs1Test : public testing::Test {
 protected:
  static std::string Text(std::string_view hex) {
    std::string text;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      text += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return text;
  }

  // 0x00 0x01 and so many 0xff, 0x00, then `tail`, filled up to the length of the modulus behind.
  static std::string Encoding(std::size_t padding, const std::string& tail) {
    std::string encoding = std::string("\0\x01", 2) + std::string(padding, '\xff') + '\0' + tail;
    encoding.resize(kBytes, '\0');
    return encoding;
  }
  static std::string Encoding(const std::string& tail) {
    return Encoding(kBytes - 3 - tail.size(), tail);
  }

  static bool Accepts(const std::string& encoding) {
    static const PrivateKey key = PrivateKey::Generate(SignatureAlgorithm::kRs256);
    static const Library library;
    static auto verifier =
        *SignatureVerifier::Create(library, key.public_key(), SignatureAlgorithm::kRs256);
    return verifier.Verify("m", Sha256Of("m"), SignedAsItIs(key, encoding));
  }

  const std::string info_ = Text("3031300d060960864801650304020105000420");
  const std::string hash_{reinterpret_cast<const char*>(Sha256Of("m").data()), 32};

 private:
  static std::string SignedAsItIs(const PrivateKey& key, const std::string& encoding) {
    const std::string pem = key.ToPem();
    const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const PkeyPtr read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, read.get(), nullptr));
    std::string signature(kBytes, '\0');
    std::size_t size = signature.size();
    EXPECT_EQ(EVP_PKEY_sign_init(context.get()), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_sign(context.get(), Unsigned(signature.data()), &size,
                            Unsigned(encoding.data()), encoding.size()),
              1);
    return signature;
  }
};

TEST_F(Pkcs1Test, TheEncodingIsTaken) { EXPECT_TRUE(Accepts(Encoding(info_ + hash_))); }

TEST_F(Pkcs1Test, NothingElseIs) {
  const std::string good = Encoding(info_ + hash_);
  for (std::size_t i = 1; i < good.size();
       ++i) {  // with the first byte set it is above the modulus
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(Accepts(bad)) << "byte " << i;
  }
  // CVE-2006-4339: garbage behind the hash, with less padding before it.
  EXPECT_FALSE(Accepts(Encoding(8, info_ + hash_)));
  EXPECT_FALSE(Accepts(Encoding(kBytes - 3 - 52, info_ + hash_ + "g")));
  // Parameters left out, of another form, or with something in them.
  EXPECT_FALSE(Accepts(Encoding(Text("302f300b0609608648016503040201") + Text("0420") + hash_)));
  EXPECT_FALSE(Accepts(Encoding(Text("3032300d06096086480165030402010500042100") + hash_)));
  EXPECT_FALSE(Accepts(Encoding(Text("3033300f0609608648016503040201050201010420") + hash_)));
  // Lengths that are not in their shortest form.
  EXPECT_FALSE(Accepts(Encoding(Text("308131300d060960864801650304020105000420") + hash_)));
  // The hash alone, another block type, SHA-224 with the same bytes, nothing.
  EXPECT_FALSE(Accepts(Encoding(hash_)));
  std::string type_2 = good;
  type_2[1] = 2;
  EXPECT_FALSE(Accepts(type_2));
  EXPECT_FALSE(Accepts(Encoding(Text("3031300d060960864801650304020405000420") + hash_)));
  EXPECT_FALSE(Accepts(std::string(kBytes, '\0')));
}

TEST_F(Pkcs1Test, HasTheLengthOfTheModulus) {
  const Sha256 hash = Sha256Of("m");
  const std::string good = Encoding(info_ + hash_);
  const std::vector<std::uint8_t> bytes(good.begin(), good.end());
  const Pkcs1Encoding encoding(Hash::kSha256, kBytes);
  EXPECT_TRUE(encoding.Is(bytes, hash));
  EXPECT_FALSE(encoding.Is(std::span(bytes).first(kBytes - 1), hash));
  EXPECT_FALSE(encoding.Is({}, hash));
  EXPECT_FALSE(Pkcs1Encoding(Hash::kSha256, kBytes + 1).Is(bytes, hash));
  EXPECT_FALSE(Pkcs1Encoding(Hash::kSha512, kBytes).Is(bytes, hash));
}

}  // namespace
}  // namespace introspectd::crypto
