// The requests, one after the other: always the same head, then a token chosen at random.
//
// Threads: one source, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "load/endpoint.h"
#include "load/population.h"

namespace introspectd::load {

// Everything before the body of a POST of a form. `client` is ID:SECRET, or empty for none.
std::string RequestHead(const Endpoint& endpoint, std::string_view client, std::size_t body_bytes);

class Requests {
 public:
  // Asks about tokens of `population` (borrowed, must outlive this), each as likely as any other.
  Requests(const Endpoint& endpoint, std::string_view client, const Population& population,
           std::uint64_t seed);

  // Asks the same again and again.
  Requests(const Endpoint& endpoint, std::string_view client, std::string_view body);

  // Appends one whole request.
  void AppendNext(std::string& out);

  std::size_t request_bytes() const;

 private:
  // Tokens are chosen ahead and prefetched: they are rarely in any cache.
  static constexpr std::size_t kAhead = 16;

  std::string_view Choose();

  std::string constant_;  // what all requests begin with
  const Population* population_ = nullptr;
  std::uint64_t random_ = 0;
  std::array<std::string_view, kAhead> chosen_{};
  std::size_t next_ = 0;
};

}  // namespace introspectd::load
