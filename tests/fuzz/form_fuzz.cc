// Whatever is sent as a form: what is made of it is what someone makes of it who splits first,
// decodes byte by byte, and counts afterwards.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/form.h"
#include "api/form_checks.h"
#include "base/check.h"
#include "input.h"
#include "text/form.h"

namespace introspectd::api {
namespace {

using Text = std::optional<std::string>;

Text DecodePlainly(const std::string& in) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '%') {
      out += in[i] == '+' ? ' ' : in[i];
      continue;
    }
    const std::string hex = in.substr(i + 1, 2);
    if (hex.size() < 2 || hex.find_first_not_of(kDigits) != std::string::npos) return std::nullopt;
    out += static_cast<char>(std::stoi(hex, nullptr, 16));
    i += 2;
  }
  return out;
}

struct Plain {
  Form::Error error = Form::Error::kNone;
  std::map<std::string, std::string> values;
};

Plain ReadPlainly(std::string_view body, std::size_t parameters_max) {
  Plain plain;
  std::size_t count = 0;
  std::istringstream parts{std::string(body)};
  for (std::string part; std::getline(parts, part, '&');) {
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const Text name = DecodePlainly(part.substr(0, equals));
    const Text value = DecodePlainly(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return {Form::Error::kBrokenEscape, {}};
    if (++count > parameters_max) return {Form::Error::kTooMany, {}};
    if (!plain.values.emplace(*name, *value).second) plain.error = Form::Error::kTwice;
  }
  return plain;
}

std::string ValueOf(const Plain& plain, const std::string& name) {
  const auto found = plain.values.find(name);
  return found == plain.values.end() ? "" : found->second;
}

// Absent when it is empty.
void CheckCredential(std::optional<std::string_view> credential, const std::string& plain) {
  CHECK(credential.value_or("") == plain && credential.has_value() == !plain.empty());
}

void CheckParse(std::string_view body, std::size_t parameters_max) {
  static Form form;
  const Plain plain = ReadPlainly(body, parameters_max);
  const Form::Error error = form.Parse(body, parameters_max);
  CHECK(error == plain.error);
  if (error != Form::Error::kNone) return;
  CHECK(form.token() == ValueOf(plain, "token"));
  CHECK(form.token_type_hint() == ValueOf(plain, "token_type_hint"));
  CHECK(form.scope() == ValueOf(plain, "scope"));
  CHECK(form.token_sha256() == ValueOf(plain, "token_sha256"));
  CHECK(form.client() == ValueOf(plain, "client"));
  const client::FormCredentials& credentials = form.credentials();
  CheckCredential(credentials.client_id, ValueOf(plain, "client_id"));
  CheckCredential(credentials.client_secret, ValueOf(plain, "client_secret"));
  CheckCredential(credentials.client_assertion, ValueOf(plain, "client_assertion"));
  CheckCredential(credentials.client_assertion_type, ValueOf(plain, "client_assertion_type"));
}

void CheckCoding(std::string_view text) {
  std::string decoded;
  const Text plain = DecodePlainly(std::string(text));
  CHECK(text::DecodeForm(text, decoded) == plain.has_value());
  CHECK(!plain || decoded == *plain);
  CHECK(text::NeedsFormDecoding(text) == (plain != text));
  const std::string encoded = text::EncodeForm(text);
  std::string again;
  CHECK(text::DecodeForm(encoded, again) && again == text);
  CHECK(encoded.find_first_of("&= \r\n") == std::string::npos);
}

void CheckType(std::string_view type) {
  std::string plain(type.substr(0, type.find(';')));
  while (!plain.empty() && (plain.back() == ' ' || plain.back() == '\t')) plain.pop_back();
  plain.erase(0, std::min(plain.find_first_not_of(" \t"), plain.size()));
  for (char& c : plain) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  CHECK(IsForm(type) == (plain == "application/x-www-form-urlencoded"));
}

}  // namespace
}  // namespace introspectd::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::fuzz::Input input(data, size);
  const std::size_t parameters_max = input.TakeByte() % 64 + 1;
  introspectd::api::CheckParse(input.rest(), parameters_max);
  introspectd::api::CheckCoding(input.rest());
  introspectd::api::CheckType(input.rest());
  return 0;
}
