#include "load/requests.h"

#include <fmt/format.h>

#include <iterator>

#include "base/clock.h"
#include "text/base64.h"

namespace introspectd::load {

namespace {

constexpr std::string_view kTokenParameter = "token=";

void AppendNumber(std::size_t number, std::string& out) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

void AppendRedisGet(std::string_view key, std::string& out) {
  out += "*2\r\n$3\r\nGET\r\n$";
  AppendNumber(key.size(), out);
  out += "\r\n";
  out += key;
  out += "\r\n";
}

}  // namespace

std::string RequestHead(const Endpoint& endpoint, std::string_view client) {
  std::string head =
      fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\n", endpoint.path, endpoint.authority());
  if (!client.empty()) {
    head += fmt::format("Authorization: Basic {}\r\n", text::EncodeBase64(client));
  }
  return head +
         "User-Agent: introspect-bench\r\nAccept: application/json\r\n"
         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ";
}

Requests::Requests(const Endpoint& endpoint, const Asking& asking, const Sorted* sorted,
                   const Mix& mix, std::uint64_t seed)
    : protocol_(asking.protocol),
      body_(asking.body),
      now_(base::ReadWallMicros() / kMicrosPerSecond) {
  for (const std::string& client : asking.clients) {
    heads_.push_back(RequestHead(endpoint, client));
  }
  if (heads_.empty()) heads_.push_back(RequestHead(endpoint, ""));
  if (sorted == nullptr) return;
  chooser_.emplace(*sorted, mix, seed);
  for (Chooser::Choice& choice : chosen_) chooser_->Choose(choice);
  for (std::size_t i = 0; i < kLookedUpAhead; ++i) chooser_->LookUp(now_, chosen_[i]);
}

// The slot that was asked about is free again.
void Requests::ChooseAhead() {
  chooser_->Choose(chosen_[next_ % kAhead]);
  chooser_->LookUp(now_, chosen_[(next_ + kLookedUpAhead) % kAhead]);
  ++next_;
}

Expectation Requests::AppendNext(std::size_t connection, std::string& out) {
  if (!chooser_) {
    AppendHttp(connection, "", body_, out);
    return {};
  }
  const Chooser::Choice& choice = chosen_[next_ % kAhead];
  if (protocol_ == Protocol::kRedis) {
    AppendRedisGet(choice.token, out);
  } else {
    AppendHttp(connection, kTokenParameter, choice.token, out);
  }
  const Expectation expected = choice.expected;
  ChooseAhead();
  return expected;
}

void Requests::AppendHttp(std::size_t connection, std::string_view body_start,
                          std::string_view rest, std::string& out) const {
  out += heads_[connection % heads_.size()];
  AppendNumber(body_start.size() + rest.size(), out);
  out += "\r\n\r\n";
  out += body_start;
  out += rest;
}

}  // namespace introspectd::load
