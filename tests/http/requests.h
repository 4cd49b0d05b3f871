// Requests to the scripted handler, as bytes.
//
// Threads: immutable functions.
#pragma once

#include <string>
#include <string_view>

namespace introspectd::http {

// Each of `headers` is a whole line.
inline std::string Get(std::string_view target, std::string_view headers = "",
                       std::string_view method = "GET") {
  return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" +
         std::string(headers) + "\r\n";
}

inline std::string Post(std::string_view target, std::string_view body,
                        std::string_view headers = "") {
  return Get(target,
             std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n",
             "POST") +
         std::string(body);
}

// `body` as one chunk and the last one.
inline std::string Chunk(std::string_view body) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string size;
  for (std::size_t left = body.size(); left > 0; left /= 16) size.insert(0, 1, kHex[left % 16]);
  return body.empty() ? "" : size + "\r\n" + std::string(body) + "\r\n";
}

inline std::string PostChunked(std::string_view target, std::string_view body,
                               std::string_view headers = "") {
  return Get(target, std::string(headers) + "Transfer-Encoding: chunked\r\n", "POST") +
         Chunk(body.substr(0, body.size() / 2)) + Chunk(body.substr(body.size() / 2)) + "0\r\n\r\n";
}

inline std::string Get10(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string(target) + " HTTP/1.0\r\n" + std::string(headers) + "\r\n";
}

}  // namespace introspectd::http
