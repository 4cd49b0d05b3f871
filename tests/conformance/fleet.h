// Many connections at once to one server, each playing a trial.
//
// Threads: one owner; everything happens in Play.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "conformance/trials.h"
#include "support/wait_until.h"

namespace introspectd::conformance {

// What became of a trial.
struct Outcome {
  std::string received;
  bool closed = false;  // by the server, of its own accord
  std::string trouble;  // why it could not be played to its end
};

class Fleet {
 public:
  struct Options {
    std::size_t connections = 256;   // at once
    support::milliseconds pause{4};  // between two pieces, so that they arrive as two
    support::milliseconds longest = support::seconds(30);  // for one trial
  };

  Fleet(std::uint16_t port, Options options) : port_(port), options_(options) {}

  // One outcome a trial, in order.
  std::vector<Outcome> Perform(std::span<const Trial> trials);

  // One line for each trial that went wrong.
  std::vector<std::string> Play(std::span<const Trial> trials);

 private:
  std::uint16_t port_;
  Options options_;
};

}  // namespace introspectd::conformance
