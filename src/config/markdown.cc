#include "config/markdown.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/options.h"
#include "fmt/core.h"
#include "fmt/ranges.h"

namespace introspectd::config {

namespace {

constexpr std::string_view kNothing = "–";

std::string Row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string Heading(const std::vector<std::string>& cells) {
  return Row(cells) + Row(std::vector<std::string>(cells.size(), "---"));
}

std::string Code(std::string_view text) { return fmt::format("`{}`", text); }

std::string KeyText(const Section& section, const Option& option) {
  return Code(fmt::format("{} {}", section.Header(), option.name));
}

std::string DefaultText(const Option& option) {
  if (option.presence == Presence::kRequired) return "required";
  if (IsSecret(option)) return "one of these";
  return option.default_toml.empty() ? std::string(kNothing) : Code(option.default_toml);
}

std::string AllowedText(const Option& option) {
  if (!option.member.words.empty()) {
    return (option.member.list ? "any of " : "") + AllowedWords(option);
  }
  if (option.member.kind != Kind::kInteger) return TypeText(option);
  return option.member.list ? fmt::format("{}, {}", TypeText(option), AllowedRange(option))
                            : AllowedRange(option);
}

std::string ReloadText(const Option& option) {
  return option.reload == Reload::kAtSighup ? "yes" : "no";
}

const Section& GetSection(std::string_view name) {
  const Section* section = FindSection(name);
  CHECK(section != nullptr);
  return *section;
}

}  // namespace

std::string OptionsMarkdown() {
  std::string out = Heading({"key", "default", "allowed", "`SIGHUP`", "meaning"});
  for (const Section& section : Sections()) {
    if (section.name.starts_with("limits")) continue;
    for (const Option& option : section.options) {
      out += Row({KeyText(section, option), DefaultText(option), AllowedText(option),
                  ReloadText(option), std::string(option.help)});
    }
  }
  return out;
}

std::string LimitsMarkdown() {
  const Section& admin = GetSection("limits.admin");
  std::string out =
      Heading({"limit", "`[limits]`", "`[limits.admin]`", "allowed", "`SIGHUP`", "meaning"});
  for (const Option& option : GetSection("limits").options) {
    const Option* of_admin = admin.Find(option.name);
    const bool differs = of_admin != nullptr && of_admin->help != option.help;
    out += Row({Code(option.name), std::string(option.default_toml),
                std::string(of_admin == nullptr ? kNothing : of_admin->default_toml),
                AllowedRange(option), ReloadText(option),
                differs ? fmt::format("{}; admin: {}", option.help, of_admin->help)
                        : std::string(option.help)});
  }
  return out;
}

}  // namespace introspectd::config
