#include "support/request.h"

#include <algorithm>

#include "fmt/format.h"
#include "text/base64.h"

namespace introspectd::support {

std::string BasicOf(std::string_view user_pass) {
  return fmt::format("Authorization: Basic {}\r\n", text::EncodeBase64(user_pass));
}

std::string Basic(std::string_view id, std::string_view secret) {
  return BasicOf(fmt::format("{}:{}", id, secret));
}

std::string ContentLength(std::size_t size) { return fmt::format("Content-Length: {}\r\n", size); }

std::string InChunks(std::string_view body, std::size_t chunk_size) {
  std::string out;
  while (!body.empty()) {
    const std::string_view chunk = body.substr(0, chunk_size);
    out += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    body.remove_prefix(chunk.size());
  }
  return out + "0\r\n\r\n";
}

std::string ManyHeaders(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += fmt::format("X-{}: {}\r\n", i, i);
  return out;
}

std::string Request::Bytes() const {
  return line + "\r\n" + host + authorization + type + extra +
         length.value_or(ContentLength(body.size())) + "\r\n" + body;
}

}  // namespace introspectd::support
