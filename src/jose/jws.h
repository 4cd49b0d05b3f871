// The compact serialization of a JWS, and its header.
//
// Threads: functions are thread-safe; a HeaderReader belongs to one thread.
// Source:  RFC 7515 3.1, 4 and 7.1; RFC 7797; RFC 8725 3.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/signature.h"
#include "jose/refusal.h"
#include "json/document.h"

namespace introspectd::jose {

// How deep what is in headers, payloads and keys may be nested.
inline constexpr std::size_t kJsonDepthMax = 16;

// Views into the token, still in base64url.
struct Jws {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;    // may be empty
  std::string_view signed_part;  // header and payload, with the dot between
};

// Three parts, the first of which begins as that of a JSON object does; nothing: another token.
std::optional<Jws> SplitCompact(std::string_view token);

// Decodes strictly into `out`, which keeps its memory. False: no base64url.
bool DecodePart(std::string_view part, std::string& out);

// Borrowed from the reader until its next Read.
struct Header {
  crypto::SignatureAlgorithm algorithm{};
  std::optional<std::string_view> kid;
  std::optional<std::string_view> type;
};

class HeaderReader {
 public:
  HeaderReader();

  // `part` is the first of a token. The same one as before costs a comparison: all tokens of a key
  // have the same header. Keys that the header brings along or points to (jwk, jku, x5c,
  // x5u) are not looked at.
  Refusal Read(std::string_view part, Header& out);

 private:
  Refusal ReadPart(std::string_view part);
  Refusal ReadMember(const json::Member& member, Header& out, bool& has_algorithm);

  json::Parser json_;
  std::string part_;  // what was read last
  Header header_;
  Refusal refusal_ = Refusal::kMalformed;
  std::string decoded_;
};

// Whether a `typ` says that this is a JWT of a kind that is never an access token. Any case, with
// or without "application/".
bool IsTypeOfAnotherJwt(std::string_view type);

// `typ` without "application/" (RFC 7515 4.1.9).
std::string_view ShortType(std::string_view type);

}  // namespace introspectd::jose
