#include "support/leak_scan.h"

#include <algorithm>
#include <stdexcept>

#include "support/temp_dir.h"
#include "text/ascii.h"
#include "text/base64.h"
#include "text/form.h"
#include "text/json_writer.h"

namespace introspectd::support {

namespace {

std::string Lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), text::ToLower);
  return out;
}

std::string Hex(std::string_view s) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// The characters of the base64 of "...secret..." that depend on `secret` alone, when `before` bytes
// (modulo 3) stand before it, as in the credentials of Basic.
std::string Base64Core(std::string_view secret, std::size_t before) {
  const std::size_t skipped = (3 - before) % 3;
  const std::string_view whole = secret.substr(skipped);
  return text::EncodeBase64(whole.substr(0, whole.size() / 3 * 3));
}

std::string ToUrlAlphabet(std::string base64) {
  std::ranges::replace(base64, '+', '-');
  std::ranges::replace(base64, '/', '_');
  return base64;
}

std::string JsonText(std::string_view s) {
  std::string out;
  text::AppendJsonString(s, out);
  return out.substr(1, out.size() - 2);
}

}  // namespace

void LeakScan::Add(std::string_view name, std::string_view secret) {
  if (secret.size() < kSecretBytesMin) {
    throw std::invalid_argument("too short to look for: " + std::string(name));
  }
  const auto add = [&](std::string_view form, std::string text, bool any_case = false) {
    const auto same = [&](const Needle& n) { return n.text == text && n.any_case == any_case; };
    if (std::ranges::any_of(needles_, same)) return;
    needles_.push_back({std::string(name), std::string(form), std::move(text), any_case});
  };
  add("plain text", std::string(secret));
  add("JSON text", JsonText(secret));
  add("percent-encoded", Lower(text::EncodeForm(secret)), true);
  add("hex", Hex(secret), true);
  for (std::size_t before = 0; before < 3; ++before) {
    add("base64", Base64Core(secret, before));
    add("base64url", ToUrlAlphabet(Base64Core(secret, before)));
  }
}

std::vector<std::string> LeakScan::Find(std::string_view where, std::string_view text) const {
  const std::string lower = Lower(text);
  std::vector<std::string> findings;
  for (const Needle& needle : needles_) {
    const std::string_view hay = needle.any_case ? std::string_view(lower) : text;
    if (hay.find(needle.text) == std::string_view::npos) continue;
    findings.push_back(std::string(where) + ": " + needle.name + ", as " + needle.form);
  }
  return findings;
}

std::vector<std::string> LeakScan::FindInFiles(const std::filesystem::path& directory,
                                               const std::vector<std::string>& except) const {
  std::vector<std::string> findings;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || std::ranges::count(except, name) > 0) continue;
    std::ranges::move(Find(name, ReadFile(entry.path())), std::back_inserter(findings));
  }
  return findings;
}

}  // namespace introspectd::support
