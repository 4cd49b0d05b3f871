// Answers, as bytes.
//
// Threads: loop-confined. No allocation but for the growth of the output.
// Source:  RFC 9112 4 to 7, RFC 9110 6.6.1 (Date).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "introspectd/time.h"

namespace introspectd::http {

// What stands behind the status of an answer, beyond the headers that every one has.
struct Reply {
  int status = 200;
  std::string_view body;
  std::string_view extra_headers;  // whole lines with their ends, or nothing
  std::string_view content_type = "application/json";
};

enum class Persistence : std::uint8_t {
  kDefault,
  kKeepAlive,
  kClose
};  // kKeepAlive: said, for 1.0

// What changes once a second: the Date, and with it the head of most answers.
class DateCache {
 public:
  std::string_view Get(UnixSeconds now);

  // AppendReply for a status of 200 on a connection that is kept, with nothing special about it.
  void AppendOk(std::string_view body, UnixSeconds now, std::string& out);

 private:
  UnixSeconds at_ = -1;
  std::array<char, 32> text_{};
  UnixSeconds ok_at_ = -1;
  std::string ok_head_;  // up to the value of Content-Length
};

// Appends status line, Content-Type, Cache-Control, Pragma, Date, Content-Length and the body
// (which is left out, but counted, for HEAD).
void AppendReply(const Reply& reply, Persistence persistence, std::string_view date, bool body,
                 std::string& out);

// The head of an answer whose length is not known yet: chunked, or up to the end of the connection.
void AppendStreamHead(std::string_view content_type, bool chunked, Persistence persistence,
                      std::string_view date, std::string& out);
void AppendChunk(std::string_view bytes, std::string& out);
void AppendLastChunk(std::string& out);

std::string_view ReasonPhrase(int status);

}  // namespace introspectd::http
