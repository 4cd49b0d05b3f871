// Requests, good and bad, and what becomes of them when somebody breaks them (after the mutations
// of HTTP Garden).
//
// Threads: one a mutator. The same seed gives the same conversations.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace introspectd::http {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed);

  // One to three requests, some of them bad, with up to four mutations in them.
  std::string Conversation();
  // Up to four places in `size` bytes, ascending.
  std::vector<std::size_t> Cuts(std::size_t size);

 private:
  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  const std::string& OneOf(const std::vector<std::string>& list) {
    return list[Below(list.size())];
  }
  const std::string& Request() { return OneOf(Below(6) == 0 ? bad_ : good_); }
  void Mutate(std::string& bytes);
  void ReplaceHeader(std::string& bytes);

  std::mt19937_64 random_;
  std::vector<std::string> good_;
  std::vector<std::string> bad_;
};

}  // namespace introspectd::http
