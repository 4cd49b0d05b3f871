#include "client/kdf_counter.h"

#include <dlfcn.h>
#include <openssl/evp.h>

#include <utility>

namespace {

std::vector<std::uint64_t> computed;

}  // namespace

extern "C" {

int EVP_PBE_scrypt(const char* pass, std::size_t pass_size, const unsigned char* salt,
                   std::size_t salt_size, std::uint64_t n, std::uint64_t r, std::uint64_t p,
                   std::uint64_t memory_max, unsigned char* key, std::size_t key_size) {
  static auto* const next =
      reinterpret_cast<decltype(&EVP_PBE_scrypt)>(dlsym(RTLD_NEXT, "EVP_PBE_scrypt"));
  computed.push_back(n);
  return next(pass, pass_size, salt, salt_size, n, r, p, memory_max, key, key_size);
}

int PKCS5_PBKDF2_HMAC(const char* pass, int pass_size, const unsigned char* salt, int salt_size,
                      int iterations, const EVP_MD* digest, int key_size, unsigned char* key) {
  static auto* const next =
      reinterpret_cast<decltype(&PKCS5_PBKDF2_HMAC)>(dlsym(RTLD_NEXT, "PKCS5_PBKDF2_HMAC"));
  computed.push_back(static_cast<std::uint64_t>(iterations));
  return next(pass, pass_size, salt, salt_size, iterations, digest, key_size, key);
}

}  // extern "C"

namespace introspectd::client {

std::vector<std::uint64_t> TakeHashesComputed() { return std::exchange(computed, {}); }

}  // namespace introspectd::client
