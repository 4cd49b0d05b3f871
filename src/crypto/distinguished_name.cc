#include "crypto/distinguished_name.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "crypto/openssl_ptr.h"
#include "fmt/format.h"
#include "text/ascii.h"

namespace introspectd::crypto {

namespace {

constexpr std::string_view kSpecials = R"("+,;<>\)";  // RFC 4514 3, less the space, "#" and "="
constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kHasNul = "a NUL is in it";

using Rdn = std::vector<std::string>;  // its parts, as written

std::string Join(const std::vector<std::string>& parts, char separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string Written(Rdn& parts) {
  std::ranges::sort(parts);
  return Join(parts, '+');
}

void AppendHex(unsigned char byte, std::string& out) {
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

std::string Escaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += '\\';
      AppendHex(byte, out);
      continue;
    }
    const bool at_end = i == 0 || i + 1 == value.size();
    if ((c == ' ' && at_end) || (c == '#' && i == 0) || kSpecials.find(c) != kSpecials.npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

bool IsText(int type) {
  constexpr std::array kTextTypes = {
      V_ASN1_UTF8STRING,    V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,       V_ASN1_NUMERICSTRING,
      V_ASN1_VISIBLESTRING, V_ASN1_T61STRING,       V_ASN1_UNIVERSALSTRING, V_ASN1_BMPSTRING};
  return std::ranges::find(kTextTypes, type) != kTextTypes.end();
}

std::optional<std::string> TextOf(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (text.find('\0') != std::string::npos) return std::nullopt;
  return text;
}

std::optional<std::string> DerAsHex(const ASN1_TYPE& value) {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_TYPE(&value, &der);
  if (size < 0) return std::nullopt;
  std::string hex = "#";
  for (int i = 0; i < size; ++i) AppendHex(der[i], hex);
  OPENSSL_free(der);
  return hex;
}

std::optional<std::string> WrittenValue(ASN1_STRING* value) {
  const int type = ASN1_STRING_type(value);
  if (IsText(type)) {
    const auto text = TextOf(value);
    if (!text) return std::nullopt;
    return Escaped(*text);
  }
  ASN1_TYPE as_any{};
  as_any.type = type;
  as_any.value.asn1_string = value;
  return DerAsHex(as_any);
}

std::string WrittenType(const ASN1_OBJECT* type) {
  const int nid = OBJ_obj2nid(type);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  std::string number(128, '\0');
  const int size = OBJ_obj2txt(number.data(), static_cast<int>(number.size()), type, 1);
  if (size >= static_cast<int>(number.size())) {  // it was cut off
    number.resize(static_cast<std::size_t>(size) + 1);
    OBJ_obj2txt(number.data(), static_cast<int>(number.size()), type, 1);
  }
  number.resize(static_cast<std::size_t>(std::max(size, 0)));
  return number;
}

absl::Status Refuse(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is no distinguished name: {}; allowed: as RFC 4514 writes it, most "
                  "specific first, such as CN=gateway,O=Example,C=NL",
                  text, why));
}

// By number or name. Short names and long ones are compared without regard to case (RFC 4512 1.4);
// only one that is spelled as OpenSSL has it goes before the others.
Asn1ObjectPtr TypeNamed(std::string_view name) {
  const std::string spelled(name);
  if (Asn1ObjectPtr type(OBJ_txt2obj(spelled.c_str(), 0)); type != nullptr) return type;
  std::string lower;
  for (const char c : name) lower += text::ToLower(c);
  const int count = OBJ_new_nid(0);
  for (int nid = 1; nid < count; ++nid) {
    if (OBJ_nid2obj(nid) == nullptr) continue;
    if (text::EqualsIgnoreCase(OBJ_nid2sn(nid), lower) ||
        text::EqualsIgnoreCase(OBJ_nid2ln(nid), lower)) {
      return Asn1ObjectPtr(OBJ_nid2obj(nid));
    }
  }
  return nullptr;
}

int HexValue(char c) {
  if (text::IsDigit(c)) return c - '0';
  const char lower = text::ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte of two hex digits at the front of `text`, or -1.
int HexByte(std::string_view text) {
  if (text.size() < 2 || HexValue(text[0]) < 0 || HexValue(text[1]) < 0) return -1;
  return HexValue(text[0]) * 16 + HexValue(text[1]);
}

class NameParser {
 public:
  explicit NameParser(std::string_view text) : text_(text), rest_(text) {}

  absl::StatusOr<std::string> Parse() {
    std::vector<std::string> rdns;
    Rdn parts;
    while (true) {
      absl::StatusOr<std::string> part = ParsePart();
      if (!part.ok()) return part;
      parts.push_back(*std::move(part));
      const char separator = rest_.empty() ? ',' : rest_.front();
      if (separator == ',') {
        rdns.push_back(Written(parts));
        parts.clear();
      }
      if (rest_.empty()) return Join(rdns, ',');
      rest_.remove_prefix(1);
    }
  }

 private:
  // Up to the separator, or the end.
  absl::StatusOr<std::string> ParsePart() {
    const std::size_t equals = rest_.find('=');
    if (equals == std::string_view::npos) return Refuse(text_, "a part has no \"=\"");
    const std::string_view name = text::TrimOws(rest_.substr(0, equals));
    const Asn1ObjectPtr type = TypeNamed(name);
    if (type == nullptr) return Refuse(text_, fmt::format("\"{}\" is no attribute type", name));
    rest_.remove_prefix(equals + 1);
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    absl::StatusOr<std::string> value = rest_.starts_with('#') ? ParseHex() : ParseText();
    if (!value.ok()) return value;
    return WrittenType(type.get()) + '=' + *value;
  }

  absl::StatusOr<std::string> ParseHex() {
    const std::size_t end = std::min(rest_.find_first_of(",+"), rest_.size());
    const std::string_view hex = text::TrimOws(rest_.substr(1, end - 1));
    rest_.remove_prefix(end);
    std::string der;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      const int byte = HexByte(hex.substr(i));
      if (byte < 0) return Refuse(text_, "what follows \"#\" is not hex");
      der += static_cast<char>(byte);
    }
    const unsigned char* at = Unsigned(der.data());
    const Asn1TypePtr value(d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(der.size())));
    const bool whole = value != nullptr && at == Unsigned(der.data()) + der.size();
    const bool simple = whole && value->type != V_ASN1_BOOLEAN && value->type != V_ASN1_NULL &&
                        value->type != V_ASN1_OBJECT;
    const auto written = simple ? WrittenValue(value->value.asn1_string) : std::nullopt;
    if (!written) return Refuse(text_, "what follows \"#\" is no string in DER");
    return *written;
  }

  absl::StatusOr<std::string> ParseText() {
    std::string value;
    std::size_t kept = 0;  // spaces behind it are only white space, unless something follows
    while (!rest_.empty() && rest_.front() != ',' && rest_.front() != '+') {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\') {
        const int byte = TakeEscaped();
        if (byte < 0) return Refuse(text_, "a backslash escapes nothing");
        if (byte == 0) return Refuse(text_, kHasNul);
        value += static_cast<char>(byte);
      } else if (kSpecials.find(c) != kSpecials.npos) {
        return Refuse(text_, fmt::format("{} is not escaped", c));
      } else {
        value += c;
        if (c == ' ') continue;
      }
      kept = value.size();
    }
    value.resize(kept);
    return Escaped(value);
  }

  // What stands behind a backslash: a special character, or two hex digits.
  int TakeEscaped() {
    constexpr std::string_view kEscapable = R"( "#+,;<=>\)";
    if (rest_.empty()) return -1;
    const bool is_itself = kEscapable.find(rest_.front()) != kEscapable.npos;
    const int byte = is_itself ? static_cast<unsigned char>(rest_.front()) : HexByte(rest_);
    if (byte >= 0) rest_.remove_prefix(is_itself ? 1 : 2);
    return byte;
  }

  const std::string_view text_;
  std::string_view rest_;
};

}  // namespace

absl::StatusOr<std::string> CanonicalName(std::string_view rfc4514) {
  if (rfc4514.find('\0') != rfc4514.npos) return Refuse(rfc4514, kHasNul);
  absl::StatusOr<std::string> name = NameParser(rfc4514).Parse();
  ERR_clear_error();
  return name;
}

std::optional<std::string> CanonicalName(const X509_name_st& name) {
  std::vector<std::string> rdns;
  Rdn parts;
  for (int i = X509_NAME_entry_count(&name) - 1; i >= 0; --i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(&name, i);
    const auto value = WrittenValue(X509_NAME_ENTRY_get_data(entry));
    if (!value) return std::nullopt;
    parts.push_back(WrittenType(X509_NAME_ENTRY_get_object(entry)) + '=' + *value);
    const X509_NAME_ENTRY* next = i > 0 ? X509_NAME_get_entry(&name, i - 1) : nullptr;
    if (next != nullptr && X509_NAME_ENTRY_set(next) == X509_NAME_ENTRY_set(entry)) continue;
    rdns.push_back(Written(parts));
    parts.clear();
  }
  return Join(rdns, ',');
}

}  // namespace introspectd::crypto
