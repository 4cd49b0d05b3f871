#include "text/printable.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "fmt/format.h"

namespace introspectd::text {

namespace {

constexpr char32_t kReplacement = 0xfffd;

struct Range {
  char32_t first, last;
};
constexpr Range kNotPrintable[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

bool IsPrintable(char32_t c) {
  return std::ranges::none_of(kNotPrintable,
                              [c](Range range) { return c >= range.first && c <= range.last; });
}

// The character at the front and how many bytes it takes; kReplacement and one byte for what is no
// UTF-8.
struct Decoded {
  char32_t c = kReplacement;
  std::size_t size = 1;
};

Decoded Decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
  char32_t c = first & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    c = c << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = c >= 0xd800 && c <= 0xdfff;
  if (c < kLeast[size] || surrogate || c > 0x10ffff) return {};
  return {c, size};
}

void AppendEscape(char32_t c, std::string& out) {
  if (c > 0xffff) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", 0xd800 + ((c - 0x10000) >> 10));
    c = 0xdc00 + ((c - 0x10000) & 0x3ff);
  }
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(c));
}

void AppendCharacter(std::string_view text, char32_t c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += static_cast<char>(c);
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case kReplacement:
      out += "\\ufffd";
      return;
    default:
      IsPrintable(c) ? void(out += text) : AppendEscape(c, out);
  }
}

}  // namespace

void AppendPrintable(std::string_view text, std::size_t bytes_max, std::string& out) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    const Decoded next = Decode(text.substr(at));
    if (at + next.size > bytes_max) break;
    AppendCharacter(text.substr(at, next.size), next.c, out);
    at += next.size;
  }
  if (at < text.size()) {
    fmt::format_to(std::back_inserter(out), "... ({} bytes more)", text.size() - at);
  }
  out += '"';
}

}  // namespace introspectd::text
