#include "load/requests.h"

#include <fmt/format.h>

#include "text/base64.h"

namespace introspectd::load {

namespace {

constexpr std::string_view kTokenParameter = "token=";

// xorshift64*: quick, and its upper half is random enough to choose by.
std::uint64_t NextRandom(std::uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

}  // namespace

std::string RequestHead(const Endpoint& endpoint, std::string_view client, std::size_t body_bytes) {
  std::string head =
      fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\n", endpoint.path, endpoint.authority());
  if (!client.empty())
    head += fmt::format("Authorization: Basic {}\r\n", text::EncodeBase64(client));
  head += fmt::format(
      "User-Agent: introspect-bench\r\nAccept: application/json\r\n"
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
      body_bytes);
  return head;
}

Requests::Requests(const Endpoint& endpoint, std::string_view client, const Population& population,
                   std::uint64_t seed)
    : constant_(RequestHead(endpoint, client, kTokenParameter.size() + population.token_bytes())),
      population_(&population),
      random_(seed | 1) {  // xorshift stays at 0 for ever
  constant_ += kTokenParameter;
  for (std::string_view& token : chosen_) token = Choose();
}

Requests::Requests(const Endpoint& endpoint, std::string_view client, std::string_view body)
    : constant_(RequestHead(endpoint, client, body.size())) {
  constant_ += body;
}

std::string_view Requests::Choose() {
  const std::uint64_t upper = NextRandom(random_) >> 32;
  const std::string_view token = population_->token(upper * population_->size() >> 32);
  __builtin_prefetch(token.data());
  __builtin_prefetch(token.data() + token.size() - 1);
  return token;
}

void Requests::AppendNext(std::string& out) {
  out += constant_;
  if (population_ == nullptr) return;
  std::string_view& slot = chosen_[next_++ % kAhead];
  out += slot;
  slot = Choose();
}

std::size_t Requests::request_bytes() const {
  return constant_.size() + (population_ == nullptr ? 0 : population_->token_bytes());
}

}  // namespace introspectd::load
