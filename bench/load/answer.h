// Finds the next answer, of HTTP/1.1 or of redis, in what a connection has received.
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
  std::string_view body;     // borrowed from the bytes
  std::size_t size = 0;      // of head and body
  bool retry_after = false;  // a 503 that says when to ask again
};

enum class AnswerState : std::uint8_t { kPartial, kWhole, kMalformed };

// The answer at the front of `bytes` (borrowed); `answer` is of use after kWhole only.
AnswerState FindAnswer(std::string_view bytes, Answer& answer);

// The same of a value that redis gives for GET (RESP 2), as a body of status 200; of one that it
// does not have, or an error, the body is empty.
AnswerState FindRedisAnswer(std::string_view bytes, Answer& answer);

}  // namespace introspectd::load
