#include "http/response.h"

#include <time.h>

#include <charconv>

namespace introspectd::http {

namespace {

constexpr std::string_view kCommon =
    "Cache-Control: no-store\r\n"
    "Pragma: no-cache\r\n";

template <class Number>
void AppendNumber(Number number, std::string& out, int base = 10) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

void AppendStatusLine(int status, std::string& out) {
  out += "HTTP/1.1 ";
  AppendNumber(status, out);
  out += ' ';
  out += ReasonPhrase(status);
  out += "\r\n";
}

void AppendPersistence(Persistence persistence, std::string& out) {
  if (persistence == Persistence::kClose) out += "Connection: close\r\n";
  if (persistence == Persistence::kKeepAlive) out += "Connection: keep-alive\r\n";
}

void AppendDate(std::string_view date, std::string& out) {
  out += "Date: ";
  out += date;
  out += "\r\n";
}

// Up to the value of Content-Length.
void AppendHead(const Reply& reply, Persistence persistence, std::string_view date,
                std::string& out) {
  AppendStatusLine(reply.status, out);
  out += "Content-Type: ";
  out += reply.content_type;
  out += "\r\n";
  out += kCommon;
  AppendDate(date, out);
  out += reply.extra_headers;
  AppendPersistence(persistence, out);
  out += "Content-Length: ";
}

void AppendBody(std::string_view body, bool send, std::string& out) {
  AppendNumber(body.size(), out);
  out += "\r\n\r\n";
  if (send) out += body;
}

}  // namespace

std::string_view DateCache::Get(UnixSeconds now) {
  if (now != at_) {
    at_ = now;
    const time_t time = now;
    tm utc{};
    gmtime_r(&time, &utc);
    strftime(text_.data(), text_.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  }
  return text_.data();
}

void DateCache::AppendOk(std::string_view body, UnixSeconds now, std::string& out) {
  if (now != ok_at_) {
    ok_at_ = now;
    ok_head_.clear();
    AppendHead({.status = 200}, Persistence::kDefault, Get(now), ok_head_);
  }
  out += ok_head_;
  AppendBody(body, true, out);
}

void AppendReply(const Reply& reply, Persistence persistence, std::string_view date, bool body,
                 std::string& out) {
  AppendHead(reply, persistence, date, out);
  AppendBody(reply.body, body, out);
}

void AppendStreamHead(std::string_view content_type, bool chunked, Persistence persistence,
                      std::string_view date, std::string& out) {
  AppendStatusLine(200, out);
  out += "Content-Type: ";
  out += content_type;
  out += "\r\n";
  out += kCommon;
  AppendDate(date, out);
  AppendPersistence(persistence, out);
  out += chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
}

void AppendChunk(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  AppendNumber(bytes.size(), out, 16);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

void AppendLastChunk(std::string& out) { out += "0\r\n\r\n"; }

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace introspectd::http
