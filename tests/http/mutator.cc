#include "http/mutator.h"

#include <algorithm>

#include "http/requests.h"
#include "http/vectors.h"

namespace introspectd::http {

namespace {

using std::string_literals::operator""s;

std::vector<std::string> Good() {
  return {
      Get("/now"),
      Get("/now", "", "HEAD"),
      Get("/nothing?a=b", "X: y\r\n"),
      Get("/source"),
      Get("/now", "Connection: keep-alive, x\r\n"),
      Get10("/now"),
      Get10("/source"),
      Get10("/now", "Connection: keep-alive\r\n"),
      Post("/echo", "token=abc"),
      Post("/again", "token=abc"),
      Post("/again", "token=abcd"),
      Post("/deferred", "token=abc"),
      Post("/stream", "one\ntwo\nthree\n"),
      Post("/later", "token=abc"),
      Post("/head-later", "token=abc"),
      Post("/echo", "x", "Expect: 100-continue\r\n"),
      Post("/echo", "x", "Connection: Upgrade\r\nUpgrade: h2c\r\n"),
      Post("/echo", Get("/now")),
      PostChunked("/echo", "token=abc"),
      PostChunked("/echo", Get("/now")),
      PostChunked("/stream", "one\ntwo\n"),
      PostChunked("/stream-later", ""),
      Post("/echo", std::string(100, 'x')),
      "\r\n\r\n" + Get("/now"),
  };
}

std::vector<std::string> Bad() {
  std::vector<std::string> bad{
      Get("/bye"),
      Post("/deferred", "token=abc", "Connection: close\r\n"),
      Post("/echo", "x", "Expect: nothing\r\n"),
      Post("/nothing", Get("/now")),
      Post("/echo", std::string(101, 'x')),
      Get("/echo", "Content-Length: 5\t\r\n", "POST") + "01234",
  };
  for (const Vector& vector : SmugglingVectors()) bad.push_back(vector.bytes);
  return bad;
}

const std::vector<std::string>& Insertions() {
  static const std::vector<std::string> insertions{"\r\n",
                                                   "\r",
                                                   "\n",
                                                   "\0"s,
                                                   ":",
                                                   " ",
                                                   "\t",
                                                   ",",
                                                   ";",
                                                   "0",
                                                   "\r\n ",
                                                   "\r\n\r\n",
                                                   "\x80",
                                                   "\x0b",
                                                   "chunked",
                                                   "close",
                                                   "5\r\n",
                                                   "0\r\n\r\n",
                                                   "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"};
  return insertions;
}

const std::vector<std::string>& Headers() {
  static const std::vector<std::string> headers{"Content-Length: 9",
                                                "Content-Length: 0",
                                                "content-length:10",
                                                "Content-Length: 9 ",
                                                "Content-Length: 99999999999999999999",
                                                "Transfer-Encoding: chunked",
                                                "transfer-encoding:\tCHUNKED",
                                                "Transfer-Encoding: identity",
                                                "Host: b",
                                                "Host:",
                                                "Expect: 100-continue",
                                                "Connection: close",
                                                "Connection: upgrade",
                                                "Upgrade: websocket",
                                                "Connection: keep-alive",
                                                "X: y",
                                                " folded",
                                                ": nameless",
                                                "X",
                                                "Trailer: X",
                                                "TE: trailers",
                                                "Proxy-Connection: upgrade",
                                                "HTTP2-Settings: AAMAAABk"};
  return headers;
}

}  // namespace

Mutator::Mutator(std::uint64_t seed) : random_(seed), good_(Good()), bad_(Bad()) {}

std::string Mutator::Conversation() {
  std::string bytes;
  for (std::size_t requests = 1 + Below(3); requests > 0; --requests) bytes += Request();
  for (std::size_t mutations = Below(5); mutations > 0; --mutations) Mutate(bytes);
  return bytes;
}

std::vector<std::size_t> Mutator::Cuts(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t count = 1 + Below(4); count > 0; --count) cuts.push_back(Below(size + 1));
  std::ranges::sort(cuts);
  return cuts;
}

void Mutator::Mutate(std::string& bytes) {
  const std::size_t at = Below(bytes.size() + 1);
  const std::size_t some = std::min(bytes.size() - at, 1 + Below(8));
  switch (Below(8)) {
    case 0:
      bytes.erase(at, 1);
      return;
    case 1:
      bytes.erase(at, some);
      return;
    case 2:
      bytes.insert(at, OneOf(Insertions()));
      return;
    case 3:
      bytes.replace(at, std::min<std::size_t>(1, some), OneOf(Insertions()));
      return;
    case 4:
      bytes.insert(at, 1, static_cast<char>(Below(256)));
      return;
    case 5:  // the end of one behind the beginning of another
      bytes = Request().substr(0, at) + bytes.substr(at);
      return;
    case 6:
      bytes.insert(at, bytes.substr(at, some));
      return;
    default:
      return ReplaceHeader(bytes);
  }
}

// Another line in the place of one, or between two.
void Mutator::ReplaceHeader(std::string& bytes) {
  const std::size_t begin = bytes.find("\r\n", Below(bytes.size() + 1));
  if (begin == std::string::npos) return;
  const std::size_t end = bytes.find("\r\n", begin + 2);
  const bool replace = end != std::string::npos && Below(2) == 0;
  bytes.replace(begin, replace ? end - begin : 0, "\r\n" + OneOf(Headers()));
}

}  // namespace introspectd::http
