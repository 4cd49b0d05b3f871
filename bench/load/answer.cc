#include "load/answer.h"

#include <optional>

#include "text/ascii.h"

namespace introspectd::load {

namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::size_t kStatusDigits = 3;
constexpr int kUnavailable = 503;
constexpr std::string_view kRetryAfter = "retry-after:";

std::optional<std::size_t> ContentLengthIn(std::string_view header_line) {
  constexpr std::string_view kName = "content-length";
  if (header_line.size() <= kName.size() || header_line[kName.size()] != ':') return std::nullopt;
  if (!text::EqualsIgnoreCase(header_line.substr(0, kName.size()), kName)) return std::nullopt;
  return text::ParseInteger<std::size_t>(text::TrimOws(header_line.substr(kName.size() + 1)));
}

}  // namespace

AnswerState FindAnswer(std::string_view bytes, Answer& answer) {
  if (bytes.substr(0, kVersion.size()) != kVersion.substr(0, bytes.size())) {
    return AnswerState::kMalformed;
  }
  std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return AnswerState::kPartial;
  const auto status = text::ParseInteger<int>(bytes.substr(kVersion.size(), kStatusDigits));
  if (!status) return AnswerState::kMalformed;

  std::optional<std::size_t> length;
  bool retry_after = false;
  for (;;) {
    const std::size_t start = end + 1;
    end = bytes.find('\n', start);
    if (end == std::string_view::npos) return AnswerState::kPartial;
    if (end - start <= 1) break;  // the empty line
    const std::string_view line = bytes.substr(start, end - start - 1);
    const auto found = ContentLengthIn(line);
    if (found) length = found;
    if (*status != kUnavailable) continue;
    retry_after |= text::EqualsIgnoreCase(line.substr(0, kRetryAfter.size()), kRetryAfter);
  }
  if (!length) return AnswerState::kMalformed;
  const std::size_t body = end + 1;
  if (bytes.size() - body < *length) return AnswerState::kPartial;
  answer = {*status, bytes.substr(body, *length), body + *length, retry_after};
  return AnswerState::kWhole;
}

AnswerState FindRedisAnswer(std::string_view bytes, Answer& answer) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return AnswerState::kPartial;
  const std::size_t head = end + 2;
  answer = {200, {}, head};
  if (bytes.starts_with('-')) return AnswerState::kWhole;
  const auto length = text::ParseInteger<std::ptrdiff_t>(bytes.substr(1, end - 1));
  if (!bytes.starts_with('$') || !length) return AnswerState::kMalformed;
  if (*length < 0) return AnswerState::kWhole;
  const auto size = static_cast<std::size_t>(*length);
  if (bytes.size() < head + size + 2) return AnswerState::kPartial;
  answer = {200, bytes.substr(head, size), head + size + 2};
  return AnswerState::kWhole;
}

}  // namespace introspectd::load
