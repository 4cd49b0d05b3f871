// Whatever is presented as credentials: at most two readings come of it, each of them one that can
// be meant; a pair that somebody encodes is read back; and base64 is decoded as if bit by bit.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "client/presented.h"
#include "input.h"
#include "text/base64.h"
#include "text/form.h"

namespace introspectd::client {
namespace {

using Kind = Presented::Kind;
using Bytes = std::optional<std::string>;

// `digits` without padding, bit by bit; nothing when it is not the one way to write some bytes.
Bytes DecodePlainly(std::string_view digits, std::string_view last_two) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string bits;
  for (const char c : digits) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string::npos) return std::nullopt;
    for (int i = 5; i >= 0; --i) bits += (digit >> i & 1) != 0 ? '1' : '0';
  }
  std::string bytes;
  for (; bits.size() >= 8; bits.erase(0, 8)) {
    bytes += static_cast<char>(std::stoi(bits.substr(0, 8), nullptr, 2));
  }
  const bool unused_are_zero = bits.find('1') == std::string::npos;
  return bits.size() < 6 && unused_are_zero ? Bytes(bytes) : std::nullopt;
}

Bytes DecodePaddedPlainly(std::string_view text) {
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (text.size() % 4 != 0) return std::nullopt;
  return DecodePlainly(text.substr(0, text.size() - padding), "+/");
}

Bytes Decoded(std::string_view text, std::ptrdiff_t (*decode)(std::string_view, char*)) {
  std::vector<char> out(text.size() / 4 * 3 + 3);  // as the header says, and no more
  const std::ptrdiff_t size = decode(text, out.data());
  return size < 0 ? std::nullopt : Bytes(std::string(out.data(), static_cast<std::size_t>(size)));
}

void CheckBase64(std::string_view text) {
  const Bytes padded = Decoded(text, text::DecodeBase64);
  const Bytes url = Decoded(text, text::DecodeBase64Url);
  CHECK(padded == DecodePaddedPlainly(text));
  CHECK(url == DecodePlainly(text, "-_"));
  CHECK(!padded || text::EncodeBase64(*padded) == text);
  CHECK(!url || text::EncodeBase64Url(*url) == text);
  CHECK(Decoded(text::EncodeBase64(text), text::DecodeBase64) == text);
  CHECK(Decoded(text::EncodeBase64Url(text), text::DecodeBase64Url) == text);
}

bool Agrees(const Pair& pair, const FormCredentials& form) {
  return form.client_id.value_or(pair.id) == pair.id &&
         form.client_secret.value_or(pair.secret) == pair.secret;
}

bool Has(const Presented& presented, const Pair& pair) {
  const auto* const end = presented.pairs.begin() + presented.pair_count;
  return std::find(presented.pairs.begin(), end, pair) != end;
}

// It stands alone, and is whole.
void CheckAssertion(const Presented& presented, const FormCredentials& form, bool in_header) {
  CHECK(presented.pair_count == 0);
  CHECK((presented.kind == Kind::kContradiction) == (in_header || form.client_secret));
  CHECK(presented.kind != Kind::kAssertion ||
        (form.client_assertion && form.client_assertion_type == kJwtBearer));
}

// What holds of every result.
void CheckPresented(const Presented& presented, const FormCredentials& form, bool in_header) {
  CHECK(presented.pair_count <= presented.pairs.size());
  CHECK((presented.kind == Kind::kNothing) ==
        (!in_header && !form.client_secret && !form.has_assertion()));
  if (form.has_assertion()) return CheckAssertion(presented, form, in_header);
  CHECK((presented.scheme == Scheme::kNone) == !in_header);
  if (presented.kind != Kind::kPairs) return;
  CHECK(presented.pair_count > 0);
  CHECK(!in_header || presented.scheme == Scheme::kBasic);
  for (std::size_t i = 0; i < presented.pair_count; ++i) CHECK(Agrees(presented.pairs[i], form));
  CHECK(presented.pair_count < 2 || presented.pairs[0] != presented.pairs[1]);
}

// A header as it comes: each reading is what its base64 says, as it stands or decoded.
void CheckHeader(std::string_view header, const FormCredentials& form) {
  static std::string scratch;
  const Presented presented = ReadPresented(header, form, scratch);
  CheckPresented(presented, form, true);
  if (presented.kind == Kind::kPairs) {
    const std::size_t space = header.find(' ');
    CHECK(space == 5);
    const std::string_view text = header.substr(header.find_first_not_of(' ', space));
    const Bytes decoded = DecodePaddedPlainly(text);
    CHECK(decoded);
    const std::size_t colon = decoded->find(':');
    const std::string id = decoded->substr(0, colon);
    const std::string secret = decoded->substr(colon + 1);
    std::string id_decoded;
    std::string secret_decoded;
    const bool decodable =
        text::DecodeForm(id, id_decoded) && text::DecodeForm(secret, secret_decoded);
    const Pair raw{id, secret};
    const Pair meant{id_decoded, secret_decoded};
    CHECK(Has(presented, raw) == Agrees(raw, form));
    CHECK(!decodable || Has(presented, meant) == Agrees(meant, form));
    CHECK(presented.pair_count == (Agrees(raw, form) ? 1u : 0u) +
                                      (decodable && meant != raw && Agrees(meant, form) ? 1u : 0u));
  }
  const auto bearer = BearerToken(header);
  CHECK(!bearer || (!bearer->empty() && header.ends_with(*bearer)));
  const bool alone = !form.client_secret && !form.has_assertion();
  CHECK((presented.kind == Kind::kBearer) == (bearer && alone));
  CHECK(presented.kind != Kind::kBearer || presented.bearer == *bearer);
}

// Whoever encodes a pair, in either way, is understood.
void CheckEncoded(std::string_view id, std::string_view secret) {
  static std::string scratch;
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  const Pair pair{id, secret};
  const std::string raw = std::string(id) + ":" + std::string(secret);
  const std::string encoded = text::EncodeForm(id) + ":" + text::EncodeForm(secret);
  const bool usable = std::ranges::none_of(raw, is_control) && id.find(':') == id.npos;
  if (usable) {
    CHECK(Has(ReadPresented("Basic " + text::EncodeBase64(raw), {}, scratch), pair));
  }
  CHECK(Has(ReadPresented("Basic " + text::EncodeBase64(encoded), {}, scratch), pair));
  const FormCredentials form{.client_id = id, .client_secret = secret};
  const Presented posted = ReadPresented(std::nullopt, form, scratch);
  CheckPresented(posted, form, false);
  CHECK(posted.pair_count == 1 && Has(posted, pair));
  CHECK(Has(ReadPresented("basic " + text::EncodeBase64(encoded), form, scratch), pair));
}

void CheckCredentials(fuzz::Input input) {
  const std::uint8_t flags = input.TakeByte();
  const std::vector<std::size_t> cuts = input.TakeCuts(2);
  const std::string_view all = input.rest();
  const std::string_view first = all.substr(0, cuts[0]);
  const std::string_view second = all.substr(cuts[0], cuts[1] - cuts[0]);
  const std::string_view third = all.substr(cuts[1]);
  CheckBase64(first);
  CheckEncoded(second, third);
  FormCredentials form;
  if ((flags & 1) != 0) form.client_id = second;
  if ((flags & 2) != 0) form.client_secret = third;
  if ((flags & 4) != 0) form.client_assertion = second;
  if ((flags & 8) != 0) form.client_assertion_type = (flags & 16) != 0 ? kJwtBearer : third;
  static std::string scratch;
  CheckPresented(ReadPresented(std::nullopt, form, scratch), form, false);
  CheckHeader(first, form);
  CheckHeader("Basic " + text::EncodeBase64(first), form);
}

}  // namespace
}  // namespace introspectd::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::client::CheckCredentials({data, size});
  return 0;
}
