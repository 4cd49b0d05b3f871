#include "config/print.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "fmt/core.h"
#include "fmt/ranges.h"
#include "postgres/url.h"
#include "text/json_writer.h"

namespace introspectd::config {

namespace {

struct ScalarText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(std::string_view value) const {
    std::string quoted;
    text::AppendJsonString(value, quoted);  // also a basic string of TOML
    return quoted;
  }
};

std::string Shown(const Option& option, const Scalar& value) {
  switch (option.secrecy) {
    case Secrecy::kOpen:
      return std::visit(ScalarText{}, value);
    case Secrecy::kUrl:
      return ScalarText{}(postgres::WithoutPasswords(std::get<std::string>(value), kMask));
    case Secrecy::kSecret:
    case Secrecy::kSecretFile:
      break;
  }
  return ScalarText{}(kMask);
}

std::string ValueText(const Option& option, const std::vector<Scalar>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const Scalar& value : values) {
    texts.push_back(Shown(option, value));
  }
  return option.member.list ? fmt::format("[{}]", fmt::join(texts, ", ")) : texts.front();
}

// Of the ways to give a secret, the one that was used; a file's content counts as given directly.
bool IsPrinted(const Option& option, const std::vector<Scalar>& values) {
  if (!IsSecret(option)) return true;
  return option.secrecy == Secrecy::kSecret && !values.empty() && values != std::vector{Scalar("")};
}

void AppendTable(const Section& section, const Config& config, std::size_t element,
                 std::string& out) {
  if (!out.empty()) out += '\n';
  out += section.Header() + '\n';
  for (const Option& option : section.options) {
    const std::vector<Scalar> values = option.member.get(config, element);
    if (!IsPrinted(option, values)) continue;
    out += fmt::format("{} = {}\n", option.name, ValueText(option, values));
  }
}

}  // namespace

std::string ToToml(const Config& config) {
  std::string out;
  for (const Section& section : Sections()) {
    const std::size_t tables = section.repeated() ? section.count(config) : 1;
    for (std::size_t i = 0; i < tables; ++i) AppendTable(section, config, i, out);
  }
  return out;
}

}  // namespace introspectd::config
