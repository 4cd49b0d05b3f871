// Small ASCII helpers for protocol text; no locale, no allocation.
//
// Threads: immutable functions.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace introspectd::text {

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// `lower` must be lower case.
constexpr bool EqualsIgnoreCase(std::string_view s, std::string_view lower) {
  if (s.size() != lower.size()) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (ToLower(s[i]) != lower[i]) return false;
  }
  return true;
}

// Optional white space of HTTP (RFC 9110 5.6.3).
constexpr std::string_view TrimOws(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Takes the part of `s` before the next `separator` off its front; the whole of it when there is
// none.
constexpr std::string_view TakeUntil(std::string_view& s, char separator) {
  const std::size_t end = s.find(separator);
  const std::string_view part = s.substr(0, end);
  s.remove_prefix(end == std::string_view::npos ? s.size() : end + 1);
  return part;
}

// The value of -3[0-9]9 style whole numbers: the entire `s` must be one.
template <class Int = std::int64_t>
std::optional<Int> ParseInteger(std::string_view s) {
  Int value{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return value;
}

}  // namespace introspectd::text
