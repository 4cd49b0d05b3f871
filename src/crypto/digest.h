// Digests, random bytes and comparisons that take the same time whatever the bytes are.
//
// Threads: thread-safe functions.
// Why the low-level SHA functions: EVP costs more than the hash itself for one block, and
// EVP_sha256() looks the algorithm up behind a lock (OpenSSL issues 17064 and 25858).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace introspectd::crypto {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha384 = std::array<std::uint8_t, 48>;
using Sha512 = std::array<std::uint8_t, 64>;

// No allocation, no lock.
Sha256 Sha256Of(std::string_view bytes);
Sha384 Sha384Of(std::string_view bytes);
Sha512 Sha512Of(std::string_view bytes);

// SHA-256 of bytes that come in parts. Finish() may be asked for between them, and a copy goes on
// from where it was taken: texts that begin alike are hashed together as far as they do.
class Sha256Stream {
 public:
  Sha256Stream();
  void Update(std::string_view bytes);
  Sha256 Finish() const;

 private:
  alignas(4) std::array<std::uint8_t, 112> state_;  // OpenSSL's, whose headers stay in this room
};

// A MAC for values that stay inside this process: SHA-256(key || length(a) || a || b). The result
// is only compared and never shown, so that length extension is of no use to anyone.
using ProcessKey = std::array<std::uint8_t, 32>;
Sha256 KeyedDigest(const ProcessKey& key, std::string_view a, std::string_view b);

ProcessKey NewProcessKey();

// Aborts when the system has no randomness.
void RandomBytes(std::span<std::uint8_t> out);

// Equal length and bytes; the time depends on the length alone.
bool EqualConstantTime(std::string_view a, std::string_view b);

// Overwrites what `bytes` points to, in a way that no compiler removes.
void Cleanse(void* bytes, std::size_t size);
void Cleanse(std::string& secret);

}  // namespace introspectd::crypto
