// The low-level SHA functions are marked as deprecated since 3.0; digest.h says why they stay.
#define OPENSSL_API_COMPAT 0x10100000L

#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <bit>

#include "base/check.h"
#include "introspectd/token.h"
#include "text/base64.h"

namespace introspectd::crypto {

namespace {

template <class Digest, class Context, auto kInit, auto kUpdate, auto kFinal>
Digest HashOf(std::string_view bytes) {
  Digest digest;
  Context context;
  kInit(&context);
  kUpdate(&context, bytes.data(), bytes.size());
  kFinal(digest.data(), &context);
  return digest;
}

}  // namespace

Sha256 Sha256Of(std::string_view bytes) {
  return HashOf<Sha256, SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final>(bytes);
}

Sha384 Sha384Of(std::string_view bytes) {
  return HashOf<Sha384, SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final>(bytes);
}

Sha512 Sha512Of(std::string_view bytes) {
  return HashOf<Sha512, SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final>(bytes);
}

Sha256Stream::Sha256Stream() {
  SHA256_CTX context;
  SHA256_Init(&context);
  state_ = std::bit_cast<decltype(state_)>(context);
}

void Sha256Stream::Update(std::string_view bytes) {
  auto context = std::bit_cast<SHA256_CTX>(state_);
  SHA256_Update(&context, bytes.data(), bytes.size());
  state_ = std::bit_cast<decltype(state_)>(context);
}

Sha256 Sha256Stream::Finish() const {
  Sha256 digest;
  auto context = std::bit_cast<SHA256_CTX>(state_);
  SHA256_Final(digest.data(), &context);
  return digest;
}

Sha256 KeyedDigest(const ProcessKey& key, std::string_view a, std::string_view b) {
  Sha256 digest;
  const std::uint64_t length = a.size();
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, key.data(), key.size());
  SHA256_Update(&context, &length, sizeof length);
  SHA256_Update(&context, a.data(), a.size());
  SHA256_Update(&context, b.data(), b.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

ProcessKey NewProcessKey() {
  ProcessKey key;
  RandomBytes(key);
  return key;
}

void RandomBytes(std::span<std::uint8_t> out) {
  CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

bool EqualConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Cleanse(void* bytes, std::size_t size) { OPENSSL_cleanse(bytes, size); }

void Cleanse(std::string& secret) {
  Cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace introspectd::crypto

namespace introspectd {

TokenDigest TokenDigest::Of(std::string_view token) {
  const crypto::Sha256 whole = crypto::Sha256Of(token);
  TokenDigest digest;
  std::memcpy(digest.bytes.data(), whole.data(), digest.bytes.size());
  return digest;
}

std::optional<TokenDigest> TokenDigest::Parse(std::string_view text) {
  constexpr std::size_t kWholeText = 43;
  constexpr std::size_t kFirstHalfText = 22;
  if (text.size() != kWholeText && text.size() != kFirstHalfText) return std::nullopt;
  std::array<char, 48> decoded;
  if (text::DecodeBase64Url(text, decoded.data()) < 0) return std::nullopt;
  TokenDigest digest;
  std::memcpy(digest.bytes.data(), decoded.data(), digest.bytes.size());
  return digest;
}

}  // namespace introspectd
