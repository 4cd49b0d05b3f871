#include "text/base64.h"

#include <array>
#include <cstring>

namespace introspectd::text {

namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// For each place among four characters, what a character there adds to their 24 bits; kWrong for
// one that is no digit.
using Places = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr std::uint32_t kWrong = 1u << 31;

constexpr Places PlacesOf(std::string_view alphabet) {
  Places places{};
  for (std::size_t place = 0; place < places.size(); ++place) {
    places[place].fill(kWrong);
    for (std::uint32_t digit = 0; digit < alphabet.size(); ++digit) {
      places[place][static_cast<unsigned char>(alphabet[digit])] = digit << (18 - 6 * place);
    }
  }
  return places;
}

constexpr Places kStandardPlaces = PlacesOf(kStandard);
constexpr Places kUrlPlaces = PlacesOf(kUrl);

std::uint32_t BitsOf(const char* in, std::size_t place, const Places& places) {
  return places[place][static_cast<unsigned char>(in[place])];
}

// Writes three bytes, and one more that means nothing.
void PutBytes(std::uint32_t bits, char* to) {
  const std::uint32_t big_endian = __builtin_bswap32(bits << 8);
  std::memcpy(to, &big_endian, sizeof big_endian);
}

// The last two or three characters.
std::ptrdiff_t DecodeTail(std::string_view tail, const Places& places, char* to) {
  std::uint32_t bits = BitsOf(tail.data(), 0, places) | BitsOf(tail.data(), 1, places);
  if (tail.size() == 3) bits |= BitsOf(tail.data(), 2, places);
  const std::uint32_t unused = tail.size() == 3 ? 0xff : 0xffff;
  if ((bits & (kWrong | unused)) != 0) return -1;
  to[0] = static_cast<char>(bits >> 16);
  if (tail.size() == 3) to[1] = static_cast<char>(bits >> 8);
  return static_cast<std::ptrdiff_t>(tail.size() - 1);
}

// `in` holds no padding. Four characters at a time: a JWT is a thousand of them.
std::ptrdiff_t Decode(std::string_view in, const Places& places, char* out) {
  const std::size_t tail = in.size() % 4;
  if (tail == 1) return -1;
  const char* at = in.data();
  const char* const end = at + in.size() - tail;
  char* to = out;
  std::uint32_t wrong = 0;
  for (; at != end; at += 4, to += 3) {
    const std::uint32_t bits = BitsOf(at, 0, places) | BitsOf(at, 1, places) |
                               BitsOf(at, 2, places) | BitsOf(at, 3, places);
    wrong |= bits;
    PutBytes(bits, to);
  }
  if ((wrong & kWrong) != 0) return -1;
  if (tail == 0) return to - out;
  const std::ptrdiff_t rest = DecodeTail({at, tail}, places, to);
  return rest < 0 ? -1 : to - out + rest;
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
  return Decode(in, kStandardPlaces, out);
}

std::ptrdiff_t DecodeBase64Url(std::string_view in, char* out) {
  return Decode(in, kUrlPlaces, out);
}

std::string EncodeBase64(std::string_view in) { return Encode(in, kStandard, true); }
std::string EncodeBase64Url(std::string_view in) { return Encode(in, kUrl, false); }

}  // namespace introspectd::text
