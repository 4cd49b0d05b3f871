// Which client assertions were used, until they end: each is good for one request of the node.
//
// Threads: the control loop's: the one place that all workers ask, so that nothing has to be
// locked. Limits:  `max`; nothing is let go of before it has ended. It forgets with the process.
// Source:  RFC 7523 3, item 7 (jti).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "crypto/digest.h"
#include "introspectd/time.h"

namespace introspectd::client {

// Names an assertion: a keyed digest, so that nobody can choose two that are alike.
using AssertionName = std::array<std::uint8_t, 16>;
AssertionName NameOfAssertion(const crypto::ProcessKey& key, std::string_view client,
                              std::string_view jti);

enum class Use : std::uint8_t {
  kFirst,  // and from now on it is used
  kAgain,  // or it has ended
  kFull,   // it cannot be told, and is not used
};

class UsedAssertions {
 public:
  explicit UsedAssertions(std::size_t max) : max_(max) {}
  void SetMax(std::size_t max) { max_ = max; }

  Use Take(const AssertionName& name, UnixSeconds exp, UnixSeconds now);

  // Lets go of some that have ended, every 100 ms or so: of as many as are used in that time, and
  // never so many that others would wait.
  void Sweep(UnixSeconds now);

  std::size_t size() const { return exp_of_.size(); }
  std::size_t bytes() const;

 private:
  using ByName = absl::flat_hash_map<AssertionName, UnixSeconds>;

  std::size_t max_;
  ByName exp_of_;
  std::map<UnixSeconds, std::vector<AssertionName>> ends_;  // by exp
};

}  // namespace introspectd::client
