// How the journal's database is laid out, in format version Identity::kFormat.
//
//   "m"                 marker of the newest group
//   "t" digest          token::StoredRecord
//   "j" key, "r" key    a revoked (iss, jti), a rule: issued_before, end, sequence (8 bytes each)
//   "n" key             a note: its end (8 bytes), its text
//
// A marker is in every group twice, first and last, so that what is left of a group in a file can
// be told: magic, store id, number of the group, highest sequence, 8 bytes of SHA-256 of all that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "introspectd/token.h"
#include "token/rules.h"

namespace introspectd::journal {

using StoreId = std::array<std::uint8_t, 16>;

inline constexpr std::string_view kMarkerKey = "m";
inline constexpr char kTokenPrefix = 't';
inline constexpr char kJtiPrefix = 'j';
inline constexpr char kRulePrefix = 'r';
inline constexpr char kNotePrefix = 'n';

struct Marker {
  std::uint64_t group = 0;
  std::uint64_t sequence = 0;
};

std::string MarkerText(const StoreId& id, const Marker& marker);
// nullopt when `text` does not begin with a marker of this store.
std::optional<Marker> ReadMarker(const StoreId& id, std::string_view text);
// What every marker of this store begins with.
std::string MarkerStart(const StoreId& id);

// Keys are written over `out`.
void TokenKey(const TokenDigest& digest, std::string& out);
void RuleKey(bool jti, std::string_view key, std::string& out);

std::string NoteText(UnixSeconds end, std::string_view text);
// Of what NoteText wrote; nothing of less.
UnixSeconds EndOfNote(std::string_view stored);
std::string_view TextOfNote(std::string_view stored);

std::optional<TokenDigest> DigestOfKey(std::string_view key);

std::string RuleText(const token::RuleValue& value);
std::optional<token::RuleValue> ReadRule(std::string_view text);

}  // namespace introspectd::journal
