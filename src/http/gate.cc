#include "http/gate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/chars.h"
#include "text/ascii.h"

namespace introspectd::http {

namespace {

constexpr int kEmptyLinesBefore = 2;

constexpr auto kHostChars = Chars("-._~!$&'()*+,;=%:[]");  // RFC 3986 3.2.2 and 3.2.3

bool All(std::string_view s, const std::array<bool, 256>& chars) {
  return std::all_of(s.begin(), s.end(),
                     [&chars](char c) { return chars[static_cast<unsigned char>(c)]; });
}

bool IsToken(std::string_view s) { return !s.empty() && All(s, kTokenChars); }

// Control characters have no place in a head; names and targets have rules of their own beside.
bool IsClean(std::string_view s) { return std::all_of(s.begin(), s.end(), IsText); }

}  // namespace

void Gate::Reset() {
  scanned_ = 0;
  line_start_ = 0;
  empty_lines_ = 0;
  has_request_line_ = false;
  origin_form_ = false;
  line_too_long_ = false;
  target_too_long_ = false;
  refusal_ = Refusal::kNone;
  head_ = {};
  content_type_.reset();
  authorization_.reset();
  hosts_ = 0;
  has_content_length_ = false;
  has_transfer_encoding_ = false;
  has_expect_ = false;
}

Gate::Step Gate::Feed(std::string_view message) {
  const std::string_view usable = message.substr(0, limits_.head_bytes_max);
  while (true) {
    const std::size_t newline = usable.find('\n', scanned_);
    std::size_t stop = std::min(newline, usable.size());
    // A CR is only good right before its LF, which may not have come yet.
    const bool carriage_return = stop > line_start_ && usable[stop - 1] == '\r';
    if (carriage_return) --stop;
    if (stop > scanned_ && !IsClean(usable.substr(scanned_, stop - scanned_))) {
      return Refuse(Refusal::kMalformed);
    }
    scanned_ = std::max(scanned_, stop);
    if (newline == std::string_view::npos) {
      return message.size() < limits_.head_bytes_max ? Step::kNeedMore : TooLarge();
    }
    if (!carriage_return) return Refuse(Refusal::kMalformed);
    const std::string_view line = usable.substr(line_start_, stop - line_start_);
    const std::size_t offset = line_start_;
    scanned_ = line_start_ = newline + 1;
    if (line.empty() && has_request_line_) return Finish(line_start_);
    if (!TakeLine(line, offset)) return Refuse(Refusal::kMalformed);
  }
}

Gate::Step Gate::Refuse(Refusal refusal) {
  refusal_ = refusal;
  return Step::kRefused;
}

// The head does not end where it must: what is known of it says how to put that.
Gate::Step Gate::TooLarge() {
  if (has_request_line_ && !one_dot_x()) return Refuse(Refusal::kVersion);
  return Refuse(!has_request_line_ || target_too_long_ ? Refusal::kTargetTooLong
                                                       : Refusal::kHeadTooLarge);
}

bool Gate::TakeLine(std::string_view line, std::size_t offset) {
  if (line.empty()) return ++empty_lines_ <= kEmptyLinesBefore;  // RFC 9112 2.2
  if (has_request_line_) {
    line_too_long_ |= line.size() > limits_.header_line_bytes_max;
    return TakeHeader(line, offset);
  }
  has_request_line_ = true;
  return TakeRequestLine(line, offset);
}

// method SP request-target SP HTTP-version, and nothing else (RFC 9112 3).
bool Gate::TakeRequestLine(std::string_view line, std::size_t offset) {
  std::string_view rest = line;
  const std::string_view method = text::TakeUntil(rest, ' ');
  const std::string_view target = text::TakeUntil(rest, ' ');
  method_ = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(method.size())};
  target_ = {static_cast<std::uint32_t>(offset + method.size() + 1),
             static_cast<std::uint32_t>(target.size())};
  constexpr std::string_view kName = "HTTP/";
  if (!IsToken(method) || !TakeTarget(target) || rest.size() != kName.size() + 3 ||
      rest.substr(0, kName.size()) != kName || !text::IsDigit(rest[5]) || rest[6] != '.' ||
      !text::IsDigit(rest[7])) {
    return false;
  }
  head_.version = {rest[5] - '0', rest[7] - '0'};
  return true;
}

bool Gate::TakeTarget(std::string_view target) {
  target_too_long_ = target.size() > limits_.target_bytes_max;
  origin_form_ = !target.empty() && target.front() == '/';
  return !target.empty() && std::all_of(target.begin(), target.end(),
                                        [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool Gate::TakeHeader(std::string_view line, std::size_t offset) {
  ++head_.header_count;
  const std::size_t colon = line.find(':');
  // A name that is no token also stands for white space before the colon and for obs-fold.
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return false;
  const std::string_view value = text::TrimOws(line.substr(colon + 1));
  const auto value_offset = offset + static_cast<std::size_t>(value.data() - line.data());
  return TakeKnownHeader(
      line.substr(0, colon), value,
      {static_cast<std::uint32_t>(value_offset), static_cast<std::uint32_t>(value.size())});
}

// Those that say where the message ends, or who sends it, may stand only once.
bool Gate::TakeKnownHeader(std::string_view name, std::string_view value, Span at) {
  const auto is = [name](std::string_view lower) { return text::EqualsIgnoreCase(name, lower); };
  if (is("host")) return ++hosts_ == 1 && All(value, kHostChars);
  if (is("content-length")) return TakeContentLength(value);
  if (is("transfer-encoding")) {
    head_.chunked = text::EqualsIgnoreCase(value, "chunked");
    return !std::exchange(has_transfer_encoding_, true) && head_.chunked;
  }
  if (is("content-type")) {
    if (content_type_) return false;
    content_type_ = at;
  } else if (is("authorization")) {
    if (authorization_) return false;
    authorization_ = at;
  } else if (is("expect")) {
    if (std::exchange(has_expect_, true)) return false;
    head_.expects_continue = text::EqualsIgnoreCase(value, "100-continue");
    head_.expects_other = !head_.expects_continue;
  } else if (is("connection")) {
    TakeConnection(value);
  }
  return true;
}

bool Gate::TakeContentLength(std::string_view value) {
  if (std::exchange(has_content_length_, true) || value.empty()) return false;
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!text::IsDigit(c)) return false;
    length = std::min(Head::kLengthMax, length * 10 + static_cast<std::uint64_t>(c - '0'));
  }
  head_.content_length = length;
  return true;
}

void Gate::TakeConnection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = text::TrimOws(text::TakeUntil(value, ','));
    head_.says_close |= text::EqualsIgnoreCase(option, "close");
    head_.says_keep_alive |= text::EqualsIgnoreCase(option, "keep-alive");
    head_.upgrade |= text::EqualsIgnoreCase(option, "upgrade");
  }
}

Gate::Step Gate::Finish(std::size_t size) {
  head_.size = size;
  const bool http_1_0 = head_.version == Version{1, 0};
  if (has_content_length_ && has_transfer_encoding_) return Refuse(Refusal::kMalformed);
  if (one_dot_x()) {
    if (!origin_form_ || (hosts_ == 0 && !http_1_0) || (has_transfer_encoding_ && http_1_0)) {
      return Refuse(Refusal::kMalformed);
    }
  } else {
    return Refuse(Refusal::kVersion);
  }
  if (target_too_long_) return Refuse(Refusal::kTargetTooLong);
  if (line_too_long_ || head_.header_count > limits_.headers_max) {
    return Refuse(Refusal::kHeadTooLarge);
  }
  if (http_1_0) head_.expects_continue = head_.expects_other = false;  // RFC 9110 10.1.1
  return Step::kDone;
}

Head Gate::head(std::string_view message) const {
  const auto view = [message](Span span) { return message.substr(span.offset, span.size); };
  Head head = head_;
  head.method = view(method_);
  head.target = view(target_);
  if (content_type_) head.content_type = view(*content_type_);
  if (authorization_) head.authorization = view(*authorization_);
  return head;
}

}  // namespace introspectd::http
