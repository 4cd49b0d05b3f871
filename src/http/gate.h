// The gate: what stands before llhttp and lets only plain, unambiguous heads through.
//
// Threads: loop-confined.
// Limits:  HttpLimits: head_bytes_max at once, the others over a whole head.
// Source:  RFC 9112 2 to 7; request smuggling needs two parsers that disagree, so what could be
// read in
//          two ways is refused here, and what llhttp then reads differently is refused too
//          (referee.h).
//
// The verdict depends on the bytes alone, not on how they were cut into reads: a line is judged
// when it is whole, and control characters and the size of the head by their place.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.h"
#include "introspectd/config.h"

namespace introspectd::http {

class Gate {
 public:
  enum class Step : std::uint8_t { kNeedMore, kDone, kRefused };

  explicit Gate(const HttpLimits& limits) : limits_(limits) { Reset(); }

  void Reset();

  // `message`: everything from the message's first byte on that has come so far; it may have moved
  // since the last call. Looks at each byte once.
  Step Feed(std::string_view message);

  Refusal refusal() const { return refusal_; }
  // After kDone. Views are into `message`, which must begin with the bytes that were fed.
  Head head(std::string_view message) const;
  // Whether a request line has begun; empty lines before it are nothing yet.
  bool started() const { return has_request_line_ || scanned_ > line_start_; }

 private:
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };

  Step Refuse(Refusal refusal);
  Step TooLarge();
  bool TakeLine(std::string_view line, std::size_t offset);
  bool TakeRequestLine(std::string_view line, std::size_t offset);
  bool TakeTarget(std::string_view target);
  bool TakeHeader(std::string_view line, std::size_t offset);
  bool TakeKnownHeader(std::string_view name, std::string_view value, Span at);
  bool TakeContentLength(std::string_view value);
  void TakeConnection(std::string_view value);
  Step Finish(std::size_t size);
  bool one_dot_x() const { return head_.version.major == 1 && head_.version.minor <= 1; }

  const HttpLimits& limits_;
  std::size_t scanned_;  // bytes looked at
  std::size_t line_start_;
  int empty_lines_;
  bool has_request_line_;
  bool origin_form_;
  bool line_too_long_;
  bool target_too_long_;
  Refusal refusal_;
  Head head_;  // all but the views
  Span method_;
  Span target_;
  std::optional<Span> content_type_;
  std::optional<Span> authorization_;
  int hosts_;
  bool has_content_length_;
  bool has_transfer_encoding_;
  bool has_expect_;
};

}  // namespace introspectd::http
