// Waiting for something that another process does.
//
// Threads: thread-safe.
#pragma once

#include <chrono>
#include <thread>

namespace introspectd::support {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

// Asks `happened` every 5 ms; false when it has not within `longest`.
template <class Predicate>
bool WaitUntil(Predicate happened, milliseconds longest = seconds(10)) {
  const auto deadline = SteadyClock::now() + longest;
  while (!happened()) {
    if (SteadyClock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

}  // namespace introspectd::support
