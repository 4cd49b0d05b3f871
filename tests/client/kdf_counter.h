// Counts slow hashes: stands in front of OpenSSL's, for this program.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <vector>

namespace introspectd::client {

// The cost of every slow hash that was computed since the last call, in order: scrypt's N, or the
// iterations of PBKDF2.
std::vector<std::uint64_t> TakeHashesComputed();

}  // namespace introspectd::client
