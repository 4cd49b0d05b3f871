// Texts that are numbers in disguise: how they are told, and their bytes.
//
// Threads: thread-safe functions.
// Source:  RFC 9562 4 for UUIDs, in lower case only: what is packed must come out as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace introspectd::token {

inline constexpr std::size_t kUuidText = 36;
inline constexpr std::size_t kUuidBytes = 16;

bool IsUuid(std::string_view text);
bool IsHex(std::string_view text);  // lower case, of an even length

// The bytes that the digits of an IsUuid, or an IsHex, say: kUuidBytes, or half as many as digits.
void AppendUuid(std::string_view text, std::string& out);
void AppendHex(std::string_view text, std::string& out);

// Writes kUuidText characters.
void WriteUuid(const char* bytes, char* out);
// Writes 2 * size characters.
void WriteHex(const char* bytes, std::size_t size, char* out);

// A number written as one writes it: no sign, no zeros before it, up to 18 digits.
std::optional<std::uint64_t> PlainNumber(std::string_view text);

}  // namespace introspectd::token
