#include "text/form.h"

#include "text/ascii.h"

namespace introspectd::text {

namespace {

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  c = ToLower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool IsUnreserved(char c) {
  return IsDigit(c) || (ToLower(c) >= 'a' && ToLower(c) <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '*';
}

}  // namespace

std::optional<FormReader::Parameter> FormReader::Next() {
  while (!rest_.empty()) {
    std::string_view part = TakeUntil(rest_, '&');
    if (part.empty()) continue;
    const std::string_view name = TakeUntil(part, '=');
    return Parameter{name, part};
  }
  return std::nullopt;
}

bool DecodeForm(std::string_view in, std::string& out) {
  if (!NeedsFormDecoding(in)) {
    out.append(in);
    return true;
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    char c = in[i];
    if (c == '+') {
      c = ' ';
    } else if (c == '%') {
      if (in.size() - i < 3) return false;
      const int high = HexValue(in[i + 1]);
      const int low = HexValue(in[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    out += c;
  }
  return true;
}

bool NeedsFormDecoding(std::string_view in) {
  // Two searches of the library's are many times quicker than one loop over both.
  return in.find('%') != std::string_view::npos || in.find('+') != std::string_view::npos;
}

std::string EncodeForm(std::string_view in) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : in) {
    if (IsUnreserved(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace introspectd::text
