#include "token/compact_text.h"

#include <array>
#include <bit>
#include <cstring>

namespace introspectd::token {

namespace {

constexpr std::size_t kNumberDigitsMax = 18;

// Eight characters in a row, the first one lowest: what is asked of one is asked of all at once.
using Eight = std::uint64_t;
static_assert(std::endian::native == std::endian::little);

template <class Characters>
Characters Load(const char* text) {
  Characters characters;
  std::memcpy(&characters, text, sizeof characters);
  return characters;
}

constexpr Eight Each(unsigned value) { return 0x0101010101010101u * Eight{value}; }

// The highest bit of each that is not below `c`; all are ASCII.
constexpr Eight NotBelow(Eight text, char c) {
  return text + Each(0x80u - static_cast<unsigned>(c));
}

// Lower-case hexadecimal ones.
constexpr bool AreDigits(Eight text) {
  const Eight ascii = text & Each(0x7f);
  const Eight decimal = NotBelow(ascii, '0') & ~NotBelow(ascii, '9' + 1);
  const Eight letter = NotBelow(ascii, 'a') & ~NotBelow(ascii, 'f' + 1);
  return ((decimal | letter) & ~text & Each(0x80)) == Each(0x80);
}

// Of eight digits.
constexpr std::uint32_t BytesOf(Eight text) {
  const Eight values = (text & Each(0x0f)) + (text >> 6 & Each(1)) * 9;
  const Eight one = (values << 4 | values >> 8) & 0x00ff00ff00ff00ffu;
  const Eight two = (one | one >> 8) & 0x0000ffff0000ffffu;
  return static_cast<std::uint32_t>(two | two >> 16);
}

struct Pair {
  char digits[2];
};

constexpr std::array<Pair, 256> kPairs = [] {
  constexpr const char* kHex = "0123456789abcdef";
  std::array<Pair, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {{kHex[i >> 4], kHex[i & 15]}};
  return pairs;
}();

// Fewer than eight; the digit 0 stands for those that are not there.
Eight LoadSome(const char* text, std::size_t size) {
  Eight characters = Each('0');
  std::memcpy(&characters, text, size);
  return characters;
}

// The groups of a UUID: where each begins, and how many digits it has.
struct Group {
  std::size_t begin;
  std::size_t digits;
};
constexpr std::array<Group, 5> kGroups{{{0, 8}, {9, 4}, {14, 4}, {19, 4}, {24, 12}}};

std::array<Eight, 4> DigitsOfUuid(const char* text) {
  const auto two_groups = [text](std::size_t first, std::size_t second) {
    return Load<std::uint32_t>(text + first) | Eight{Load<std::uint32_t>(text + second)} << 32;
  };
  return {Load<Eight>(text), two_groups(9, 14), two_groups(19, 24), Load<Eight>(text + 28)};
}

}  // namespace

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidText) return false;
  for (const Group& group : kGroups) {
    if (group.begin > 0 && text[group.begin - 1] != '-') return false;
  }
  const auto [a, b, c, d] = DigitsOfUuid(text.data());
  return AreDigits(a) && AreDigits(b) && AreDigits(c) && AreDigits(d);
}

bool IsHex(std::string_view text) {
  if (text.size() % 2 != 0) return false;
  for (; text.size() >= sizeof(Eight); text.remove_prefix(sizeof(Eight))) {
    if (!AreDigits(Load<Eight>(text.data()))) return false;
  }
  return AreDigits(LoadSome(text.data(), text.size()));
}

void AppendUuid(std::string_view text, std::string& out) {
  std::array<char, kUuidBytes> bytes;
  char* to = bytes.data();
  for (const Eight digits : DigitsOfUuid(text.data())) {
    const std::uint32_t four = BytesOf(digits);
    std::memcpy(to, &four, sizeof four);
    to += sizeof four;
  }
  out.append(bytes.data(), bytes.size());
}

void AppendHex(std::string_view text, std::string& out) {
  for (; text.size() >= sizeof(Eight); text.remove_prefix(sizeof(Eight))) {
    const std::uint32_t four = BytesOf(Load<Eight>(text.data()));
    out.append(reinterpret_cast<const char*>(&four), sizeof four);
  }
  const std::uint32_t rest = BytesOf(LoadSome(text.data(), text.size()));
  out.append(reinterpret_cast<const char*>(&rest), text.size() / 2);
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
