// The requests, one after the other: a head, and a token that is chosen at random.
//
// Threads: one source, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/endpoint.h"
#include "load/mix.h"

namespace introspectd::load {

enum class Protocol : std::uint8_t {
  kHttp,
  kRedis,  // GET of the token, to compare with
};

struct Asking {
  Protocol protocol = Protocol::kHttp;
  std::vector<std::string> clients;  // ID:SECRET each; connections take turns. Empty: none
  std::string body;                  // asks this again and again; "" = tokens
};

// Everything before the length of the body of a POST of a form. `client` is ID:SECRET, or "".
std::string RequestHead(const Endpoint& endpoint, std::string_view client);

class Requests {
 public:
  // Borrowed, must outlive this: `sorted` (none: asking.body) and `mix`.
  Requests(const Endpoint& endpoint, const Asking& asking, const Sorted* sorted, const Mix& mix,
           std::uint64_t seed);

  // Appends one whole request of the client whose turn it is on connection `connection`, and says
  // what must be answered.
  Expectation AppendNext(std::size_t connection, std::string& out);

  // What the clock says; tokens end.
  void SetNow(UnixSeconds now) { now_ = now; }

 private:
  // Tokens are chosen ahead, and looked up less far ahead.
  static constexpr std::size_t kAhead = 16;
  static constexpr std::size_t kLookedUpAhead = 8;

  void ChooseAhead();
  void AppendHttp(std::size_t connection, std::string_view body_start, std::string_view rest,
                  std::string& out) const;

  const Protocol protocol_;
  std::vector<std::string> heads_;  // one a client
  const std::string body_;
  std::optional<Chooser> chooser_;
  UnixSeconds now_ = 0;
  std::array<Chooser::Choice, kAhead> chosen_;
  std::size_t next_ = 0;  // to be asked about
};

}  // namespace introspectd::load
