#include "config/options.h"

#include <algorithm>

#include "base/check.h"
#include "fmt/core.h"
#include "fmt/ranges.h"

namespace introspectd::config {

namespace {

absl::Status CheckInteger(const Option& option, std::int64_t value) {
  if (value >= option.range.min && value <= option.range.max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} is out of range; allowed: {}", value, AllowedRange(option)));
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool IsLayout(char c) { return c == '\n' || c == '\r' || c == '\t'; }

absl::Status CheckString(const Option& option, const std::string& text) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (size < option.range.min) return absl::InvalidArgumentError("must not be empty");
  if (size > option.range.max) {
    return absl::InvalidArgumentError(
        fmt::format("is too long; allowed: {}", AllowedRange(option)));
  }
  const auto is_wrong = [&](char c) { return IsControl(c) && !(option.lines && IsLayout(c)); };
  if (std::ranges::any_of(text, is_wrong)) {
    return absl::InvalidArgumentError("must not contain control characters");
  }
  const auto words = option.member.words;
  if (!words.empty() && std::ranges::find(words, text) == words.end()) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not supported; allowed: {}", text, AllowedWords(option)));
  }
  return option.check == nullptr ? absl::OkStatus() : option.check(text);
}

struct TypeNames {
  std::string_view one, many;
};

TypeNames NamesOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return {"a boolean", "an array of booleans"};
    case Kind::kInteger:
      return {"an integer", "an array of integers"};
    case Kind::kString:
      return {"a string", "an array of strings"};
  }
  CHECK(false);
}

}  // namespace

const Option* Section::Find(std::string_view option) const {
  const auto found = std::ranges::find(options, option, &Option::name);
  return found == options.end() ? nullptr : &*found;
}

std::string_view Section::parent() const {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? "" : name.substr(0, dot);
}

std::string Section::Header() const {
  return repeated() ? fmt::format("[[{}]]", name) : fmt::format("[{}]", name);
}

const Section* FindSection(std::string_view name) {
  const auto found = std::ranges::find(Sections(), name, &Section::name);
  return found == Sections().end() ? nullptr : &*found;
}

absl::Status CheckScalar(const Option& option, const Scalar& scalar) {
  switch (option.member.kind) {
    case Kind::kBool:
      return absl::OkStatus();
    case Kind::kInteger:
      return CheckInteger(option, std::get<std::int64_t>(scalar));
    case Kind::kString:
      return CheckString(option, std::get<std::string>(scalar));
  }
  CHECK(false);
}

std::string TypeText(const Option& option) {
  const auto [one, many] = NamesOf(option.member.kind);
  if (!option.member.list) return std::string(one);
  return option.single ? fmt::format("{} or {}", one, many) : std::string(many);
}

std::string AllowedRange(const Option& option) {
  const bool text = option.member.kind == Kind::kString;
  const std::string_view unit = text ? "bytes" : option.unit;
  return fmt::format("{} to {}{}{}", option.range.min, option.range.max, unit.empty() ? "" : " ",
                     unit);
}

std::string AllowedWords(const Option& option) {
  // A word that stands for several values is listed once for each of them.
  std::vector<std::string_view> words(option.member.words.begin(), option.member.words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return fmt::format("{}", fmt::join(words, ", "));
}

void TakeWhatIsReloaded(const Config& next, Config& running) {
  for (const Section& section : Sections()) {
    if (section.repeated()) continue;
    for (const Option& option : section.options) {
      if (option.reload == Reload::kAtRestart) continue;
      CHECK(!option.member.list);  // `add` sets what is no list
      option.member.add(running, 0, option.member.get(next, 0).front());
    }
  }
}

std::vector<std::string> ChangesThatNeedRestart(const Config& running, const Config& next) {
  std::vector<std::string> changes;
  for (const Section& section : Sections()) {
    if (section.repeated()) continue;  // all of their options are reloaded
    for (const Option& option : section.options) {
      if (option.reload == Reload::kAtSighup) continue;
      if (option.member.get(running, 0) != option.member.get(next, 0)) {
        changes.push_back(fmt::format("{}.{}", section.name, option.name));
      }
    }
  }
  return changes;
}

}  // namespace introspectd::config
