#include "fetch/cache_control.h"

#include <algorithm>

#include "text/ascii.h"

namespace introspectd::fetch {

namespace {

// A number that is too large is one all the same (RFC 9111 1.2.2).
constexpr std::int64_t kSecondsMax = std::int64_t{1} << 31;

std::int64_t SecondsOf(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
    text = text.substr(1, text.size() - 2);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), text::IsDigit)) return 0;
  return std::min(text::ParseInteger(text).value_or(kSecondsMax), kSecondsMax);
}

// Takes the next directive; a comma within quotes ends none.
std::string_view TakeDirective(std::string_view& field) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < field.size() && (quoted || field[end] != ','); ++end) {
    if (field[end] == '"') quoted = !quoted;
  }
  const std::string_view directive = field.substr(0, end);
  field.remove_prefix(std::min(end + 1, field.size()));
  return directive;
}

// What one directive says; none: nothing about this.
std::optional<std::int64_t> AgeIn(std::string_view directive) {
  const std::string_view name = text::TrimOws(text::TakeUntil(directive, '='));
  if (text::EqualsIgnoreCase(name, "no-store") || text::EqualsIgnoreCase(name, "no-cache")) {
    return 0;
  }
  if (text::EqualsIgnoreCase(name, "max-age")) return SecondsOf(text::TrimOws(directive));
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> MaxAgeOf(const std::vector<std::string>& cache_control,
                                     std::string_view age) {
  std::optional<std::int64_t> shortest;
  for (std::string_view field : cache_control) {
    while (!field.empty()) {
      const auto said = AgeIn(TakeDirective(field));
      if (said) shortest = std::min(*said, shortest.value_or(*said));
    }
  }
  if (!shortest) return std::nullopt;
  return std::max<std::int64_t>(*shortest - SecondsOf(text::TrimOws(age)), 0);
}

}  // namespace introspectd::fetch
