#include "conformance/judge.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

#include "fmt/format.h"
#include "json/document.h"

namespace introspectd::conformance {

namespace {

using support::Parsed;
using support::ParseResponse;
using support::Progress;
using support::Response;

std::string Differs(std::string_view what, std::string_view got, std::string_view expected) {
  return fmt::format("{} is \"{}\", expected \"{}\"", what, got, expected);
}

constexpr std::string_view kAbsent = "(absent)";

// Holds when the header is `expected`, or absent and expected to be.
std::string CheckHeader(const Response& response, std::string_view name,
                        std::string_view expected) {
  const std::string got = response.Header(name).value_or(std::string(kAbsent));
  return got == expected ? "" : Differs(name, got, expected);
}

// RFC 9110 5.6.7, the one form that may be sent.
std::string CheckDate(const Response& response) {
  const std::optional<std::string> date = response.Header("date");
  std::tm parts{};
  if (!date || date->size() == 29) {
    const char* end = date ? strptime(date->c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) : "";
    if (end != nullptr && *end == '\0') return "";
  }
  return "date is \"" + *date + "\"";
}

std::string CheckNoOtherHeaders(const Response& response) {
  constexpr std::array<std::string_view, 9> kKnown = {
      "content-type", "cache-control", "pragma",           "content-length", "date",
      "connection",   "allow",         "www-authenticate", "retry-after"};
  for (const auto& [name, value] : response.headers) {
    if (std::ranges::find(kKnown, name) == kKnown.end()) return "unexpected header " + name;
  }
  return "";
}

std::string CheckConnection(const Expectation& expected, const Response& response) {
  if (expected.closes) return CheckHeader(response, "connection", "close");
  if (expected.says_keep_alive) return CheckHeader(response, "connection", "keep-alive");
  return CheckHeader(response, "connection", kAbsent);
}

std::string CheckChallenge(const Expectation& expected, const Response& response) {
  const std::string got = response.Header("www-authenticate").value_or("");
  if (got.empty() != expected.challenge.empty() || !got.starts_with(expected.challenge)) {
    return Differs("www-authenticate", got, expected.challenge + "...");
  }
  return "";
}

std::string CheckRetryAfter(const Expectation& expected, const Response& response) {
  const bool needed = expected.status == 503 || expected.status == 429;
  const std::string got = response.Header("retry-after").value_or("");
  const bool delay = !got.empty() && got.find_first_not_of("0123456789") == std::string::npos;
  return needed == delay && (needed || got.empty()) ? "" : "retry-after is \"" + got + "\"";
}

// The characters that RFC 6749 5.2 allows.
bool IsErrorText(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

std::string CheckErrorBody(const Expectation& expected, const Response& response) {
  json::Parser parser(std::max<std::size_t>(response.body.size(), 1), 2);
  if (parser.ParseObject(response.body) != json::Error::kNone) {
    return "the body is not a JSON object: " + response.body;
  }
  const auto text_of = [&](std::string_view name) -> std::string_view {
    const json::Member* member = json::Find(parser.members(), name);
    return member && member->value.type == json::Type::kString ? member->value.string : "";
  };
  const std::string_view error = text_of("error");
  if (error.empty() || !IsErrorText(error) || !IsErrorText(text_of("error_description"))) {
    return "the body is not an error: " + response.body;
  }
  if (!expected.error.empty() && error != expected.error) {
    return Differs("error", error, expected.error);
  }
  return "";
}

std::string CheckBody(const Expectation& expected, const Response& response) {
  if (expected.body.empty()) return CheckErrorBody(expected, response);
  return response.body == expected.body ? "" : Differs("body", response.body, expected.body);
}

// Takes the next awaited answer off the front of `stream`.
Parsed TakeAnswer(const Awaited& awaited, std::string_view& stream) {
  std::string_view rest = stream;
  if (awaited.answer.continues) {
    if (!rest.starts_with(support::kContinue)) {
      if (support::kContinue.starts_with(rest)) return {};
      Parsed parsed;
      parsed.progress = Progress::kMalformed;
      parsed.problem = "no 100 Continue";
      return parsed;
    }
    rest.remove_prefix(support::kContinue.size());
  }
  Parsed parsed = ParseResponse(rest, {.to_head = awaited.to_head});
  if (parsed.progress == Progress::kComplete) stream = rest.substr(parsed.size);
  return parsed;
}

std::string Shown(std::string_view bytes) {
  constexpr std::size_t kShownMax = 600;
  return fmt::format("{:?}{}", fmt::string_view(bytes.substr(0, kShownMax)),
                     bytes.size() > kShownMax ? "..." : "");
}

}  // namespace

std::string Judge(const Expectation& expected, const Response& response) {
  if (response.status != expected.status) {
    return fmt::format("status is {}, expected {}; body: {}", response.status, expected.status,
                       response.body);
  }
  const std::string_view allow = expected.status == 405 ? "POST" : kAbsent;
  const std::array checks = {
      CheckHeader(response, "content-type", "application/json"),
      CheckHeader(response, "cache-control", "no-store"),
      CheckHeader(response, "pragma", "no-cache"),
      CheckHeader(response, "allow", allow),
      CheckDate(response),
      CheckNoOtherHeaders(response),
      CheckConnection(expected, response),
      CheckChallenge(expected, response),
      CheckRetryAfter(expected, response),
  };
  const auto wrong = std::ranges::find_if_not(checks, &std::string::empty);
  return wrong == checks.end() ? "" : *wrong;
}

std::string JudgeStream(std::span<const Awaited> awaited, std::string_view received, bool closed) {
  std::size_t number = 0;
  for (const Awaited& next : awaited) {
    ++number;
    if (next.answer.may_be_silent && received.empty() && closed) return "";
    const Parsed parsed = TakeAnswer(next, received);
    if (parsed.progress == Progress::kIncomplete) {
      return fmt::format("answer {} of {} did not come, but {}", number, awaited.size(),
                         Shown(received));
    }
    std::string wrong = parsed.problem;
    if (wrong.empty()) wrong = Judge(next.answer, parsed.response);
    if (wrong.empty() && !next.to_head) wrong = CheckBody(next.answer, parsed.response);
    if (!wrong.empty()) return fmt::format("answer {} of {}: {}", number, awaited.size(), wrong);
  }
  if (!received.empty()) return "after the last answer came " + Shown(received);
  const bool should_close = !awaited.empty() && awaited.back().answer.closes;
  if (should_close != closed) return closed ? "was closed" : "was not closed";
  return "";
}

std::size_t Arrived(std::span<const Awaited> awaited, std::string_view received) {
  std::size_t count = 0;
  for (const Awaited& next : awaited) {
    if (TakeAnswer(next, received).progress != Progress::kComplete) break;
    ++count;
  }
  return count;
}

}  // namespace introspectd::conformance
