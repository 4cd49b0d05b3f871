// Finds the next HTTP/1.1 answer in what a connection has received.
//
// Threads: immutable functions.
// Limits:  answers with Content-Length only; a chunked one counts as malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace introspectd::load {

struct Answer {
  int status = 0;
  std::string_view body;  // borrowed from the bytes
  std::size_t size = 0;   // of head and body
};

enum class AnswerState : std::uint8_t { kPartial, kWhole, kMalformed };

// The answer at the front of `bytes` (borrowed); `answer` is of use after kWhole only.
AnswerState FindAnswer(std::string_view bytes, Answer& answer);

}  // namespace introspectd::load
