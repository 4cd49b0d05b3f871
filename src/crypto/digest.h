// Digests, random bytes and comparisons that take the same time whatever the bytes are.
//
// Threads: thread-safe functions.
// Why the low-level SHA256 functions: EVP costs more than the hash itself for one block, and
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

// No allocation, no lock.
Sha256 Sha256Of(std::string_view bytes);

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
