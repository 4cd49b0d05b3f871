#include "journal/format.h"

#include <algorithm>
#include <cstring>

#include "crypto/digest.h"

namespace introspectd::journal {

namespace {

constexpr std::string_view kMagic = "\xd5introsp";
constexpr std::size_t kCheckBytes = 8;

struct Numbers {
  std::uint64_t group;
  std::uint64_t sequence;
};

std::string_view Bytes(const auto& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::string MarkerStart(const StoreId& id) {
  std::string start(kMagic);
  start += Bytes(id);
  return start;
}

std::string MarkerText(const StoreId& id, const Marker& marker) {
  std::string text = MarkerStart(id);
  text += Bytes(Numbers{marker.group, marker.sequence});
  const crypto::Sha256 check = crypto::Sha256Of(text);
  text += Bytes(check).substr(0, kCheckBytes);
  return text;
}

std::optional<Marker> ReadMarker(const StoreId& id, std::string_view text) {
  const std::size_t numbers_at = kMagic.size() + id.size();
  Numbers numbers;
  if (text.size() < numbers_at + sizeof numbers) return std::nullopt;
  std::memcpy(&numbers, text.data() + numbers_at, sizeof numbers);
  const Marker marker{numbers.group, numbers.sequence};
  if (!text.starts_with(MarkerText(id, marker))) return std::nullopt;
  return marker;
}

void TokenKey(const TokenDigest& digest, std::string& out) {
  out.assign(1, kTokenPrefix);
  out += Bytes(digest.bytes);
}

void RuleKey(bool jti, std::string_view key, std::string& out) {
  out.assign(1, jti ? kJtiPrefix : kRulePrefix);
  out += key;
}

std::optional<TokenDigest> DigestOfKey(std::string_view key) {
  TokenDigest digest;
  if (key.size() != 1 + digest.bytes.size() || key[0] != kTokenPrefix) return std::nullopt;
  std::memcpy(digest.bytes.data(), key.data() + 1, digest.bytes.size());
  return digest;
}

std::string NoteText(UnixSeconds end, std::string_view text) {
  std::string stored(Bytes(end));
  stored += text;
  return stored;
}

UnixSeconds EndOfNote(std::string_view stored) {
  UnixSeconds end = 0;
  std::memcpy(&end, stored.data(), std::min(sizeof end, stored.size()));
  return end;
}

std::string_view TextOfNote(std::string_view stored) {
  return stored.substr(std::min(sizeof(UnixSeconds), stored.size()));
}

std::string RuleText(const token::RuleValue& value) {
  std::string text(Bytes(value.issued_before));
  text += Bytes(value.end);
  text += Bytes(value.sequence);
  return text;
}

std::optional<token::RuleValue> ReadRule(std::string_view text) {
  token::RuleValue value;
  if (text.size() != 3 * sizeof(std::uint64_t)) return std::nullopt;
  std::memcpy(&value.issued_before, text.data(), 8);
  std::memcpy(&value.end, text.data() + 8, 8);
  std::memcpy(&value.sequence, text.data() + 16, 8);
  return value;
}

}  // namespace introspectd::journal
