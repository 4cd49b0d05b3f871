#include "fetch/http_double.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "base/check.h"
#include "text/ascii.h"

namespace introspectd::fetch {

namespace {

bool Receive(int connection, std::string& input) {
  char buffer[65536];
  const ssize_t size = recv(connection, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  input.append(buffer, static_cast<std::size_t>(size));
  return true;
}

void Send(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

// Takes `size` bytes off the front of the stream.
bool Take(int connection, std::string& input, std::size_t size, std::string& out) {
  while (input.size() < size) {
    if (!Receive(connection, input)) return false;
  }
  out.append(input, 0, size);
  input.erase(0, size);
  return true;
}

bool TakeThrough(int connection, std::string& input, std::string_view end, std::string& out) {
  std::size_t at = input.find(end);
  while (at == std::string::npos) {
    if (!Receive(connection, input)) return false;
    at = input.find(end);
  }
  return Take(connection, input, at + end.size(), out);
}

bool TakeChunks(int connection, std::string& input, std::string& body) {
  for (;;) {
    std::string line;
    if (!TakeThrough(connection, input, "\r\n", line)) return false;
    std::size_t size = 0;
    CHECK(std::from_chars(line.data(), line.data() + line.size(), size, 16).ec == std::errc{});
    std::string chunk;
    if (!Take(connection, input, size + 2, chunk)) return false;
    body.append(chunk, 0, size);
    if (size == 0) return true;
  }
}

void ParseHead(std::string_view head, HttpDouble::Request& request) {
  std::string_view line = text::TakeUntil(head, '\n');
  request.method = text::TakeUntil(line, ' ');
  request.target = text::TakeUntil(line, ' ');
  while (!head.empty()) {
    line = text::TakeUntil(head, '\r');
    head.remove_prefix(1);
    std::string name(text::TakeUntil(line, ':'));
    for (char& c : name) c = text::ToLower(c);
    request.headers[name] = text::TrimOws(line);
  }
}

bool TakeBody(int connection, std::string& input, HttpDouble::Request& request) {
  if (request.headers.contains("expect")) Send(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  if (request.headers.contains("transfer-encoding")) {
    return TakeChunks(connection, input, request.body);
  }
  const auto length = text::ParseInteger<std::size_t>(request.headers["content-length"]);
  return Take(connection, input, length.value_or(0), request.body);
}

std::string Head(const HttpDouble::Response& response) {
  std::string head = fmt::format("HTTP/1.1 {} Whatever\r\n", response.status);
  for (const std::string& header : response.headers) head += header + "\r\n";
  return head + (response.cut_after
                     ? "Transfer-Encoding: chunked\r\n\r\n"
                     : fmt::format("Content-Length: {}\r\n\r\n", response.body.size()));
}

}  // namespace

HttpDouble::HttpDouble(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  Listen(listener_);
}

HttpDouble::HttpDouble(const std::string& path, Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  url_ = "unix:" + path;
  Listen(listener_);
}

void HttpDouble::Listen(int listener) {
  CHECK(listen(listener, 64) == 0);
  acceptor_ = std::thread([this, listener] {
    for (;;) {
      const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(connection);
      threads_.emplace_back([this, connection] { Serve(connection); });
    }
  });
}

HttpDouble::~HttpDouble() { Stop(); }

void HttpDouble::Stop() {
  if (!acceptor_.joinable()) return;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int connection : open_) shutdown(connection, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int connection : open_) close(connection);
}

void HttpDouble::Serve(int connection) {
  std::string input;
  while (ServeOne(connection, input)) {
  }
  shutdown(connection, SHUT_RDWR);
}

bool HttpDouble::ServeOne(int connection, std::string& input) {
  std::string head;
  if (!TakeThrough(connection, input, "\r\n\r\n", head)) return false;
  Request request;
  ParseHead(std::string_view(head).substr(0, head.size() - 2), request);
  request.body_is_whole = TakeBody(connection, input, request);
  Response response;
  {
    const std::lock_guard lock(mutex_);
    response = handler_(request);
  }
  if (!request.body_is_whole) return false;
  if (response.silent) return Receive(connection, input);  // until the client has gone
  if (!response.cut_after) {
    Send(connection, Head(response) + response.body);
    return true;
  }
  const std::string_view piece = std::string_view(response.body).substr(0, *response.cut_after);
  Send(connection, Head(response) + fmt::format("{:x}\r\n{}\r\n", piece.size(), piece));
  return false;
}

}  // namespace introspectd::fetch
