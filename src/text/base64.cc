#include "text/base64.h"

#include <array>

namespace introspectd::text {

namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Values = std::array<std::int8_t, 256>;

constexpr Values ValuesOf(std::string_view alphabet) {
  Values values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

constexpr Values kStandardValues = ValuesOf(kStandard);
constexpr Values kUrlValues = ValuesOf(kUrl);

// `in` holds no padding.
std::ptrdiff_t Decode(std::string_view in, const Values& values, char* out) {
  if (in.size() % 4 == 1) return -1;
  char* to = out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : in) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return -1;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      *to++ = static_cast<char>(bits >> count & 0xff);
    }
  }
  const std::uint32_t unused = bits & ((1u << count) - 1);
  return unused == 0 ? to - out : -1;
}

std::string Encode(std::string_view in, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : in) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += alphabet[bits >> count & 63];
    }
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
  while (padded && out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

std::ptrdiff_t DecodeBase64(std::string_view in, char* out) {
  if (in.size() % 4 != 0) return -1;
  for (int i = 0; i < 2 && !in.empty() && in.back() == '='; ++i) in.remove_suffix(1);
  return Decode(in, kStandardValues, out);
}

std::ptrdiff_t DecodeBase64Url(std::string_view in, char* out) {
  return Decode(in, kUrlValues, out);
}

std::string EncodeBase64(std::string_view in) { return Encode(in, kStandard, true); }
std::string EncodeBase64Url(std::string_view in) { return Encode(in, kUrl, false); }

}  // namespace introspectd::text
