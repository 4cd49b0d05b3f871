#include "token/compact_text.h"

#include <array>
#include <cstring>

namespace introspectd::token {

namespace {

constexpr std::size_t kNumberDigitsMax = 18;

// Of a lower-case digit; 16 for anything else.
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(16);  // no digit
  for (std::uint8_t i = 0; i < 10; ++i) digits[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    digits[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  }
  return digits;
}();

struct Pair {
  char digits[2];
};

constexpr std::array<Pair, 256> kPairs = [] {
  constexpr const char* kHex = "0123456789abcdef";
  std::array<Pair, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {{kHex[i >> 4], kHex[i & 15]}};
  return pairs;
}();

std::uint8_t Digit(char c) { return kDigits[static_cast<unsigned char>(c)]; }

constexpr std::uint8_t kNoDigit = 16;

bool AreDigits(const char* text, std::size_t size) {
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < size; ++i) seen |= Digit(text[i]);
  return (seen & kNoDigit) == 0;
}

// The groups of a UUID: where each begins, and how many digits it has.
struct Group {
  std::size_t begin;
  std::size_t digits;
};
constexpr std::array<Group, 5> kGroups{{{0, 8}, {9, 4}, {14, 4}, {19, 4}, {24, 12}}};

}  // namespace

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidText) return false;
  for (const auto [begin, digits] : kGroups) {
    if (begin > 0 && text[begin - 1] != '-') return false;
    if (!AreDigits(text.data() + begin, digits)) return false;
  }
  return true;
}

bool IsHex(std::string_view text) {
  return text.size() % 2 == 0 && AreDigits(text.data(), text.size());
}

void AppendBytesOfHex(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + text.size() / 2);
  char* to = out.data() + before;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (text[i] == '-') ++i;
    *to++ = static_cast<char>(Digit(text[i]) << 4 | Digit(text[i + 1]));
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

void WriteHex(const char* bytes, std::size_t size, char* out) {
  for (std::size_t i = 0; i < size; ++i) {
    std::memcpy(out + 2 * i, kPairs[static_cast<unsigned char>(bytes[i])].digits, 2);
  }
}

void WriteUuid(const char* bytes, char* out) {
  for (const auto [begin, digits] : kGroups) {
    if (begin > 0) out[begin - 1] = '-';
    WriteHex(bytes, digits / 2, out + begin);
    bytes += digits / 2;
  }
}

std::optional<std::uint64_t> PlainNumber(std::string_view text) {
  if (text.empty() || text.size() > kNumberDigitsMax) return std::nullopt;
  if (text[0] == '0' && text.size() > 1) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

}  // namespace introspectd::token
