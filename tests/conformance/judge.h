// Compares what a server sent with what a case expects.
//
// Threads: immutable functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "conformance/case.h"
#include "support/wire.h"

namespace introspectd::conformance {

// One answer that is awaited on a connection.
struct Awaited {
  Expectation answer;
  bool to_head = false;
};

// "" when the answer is as expected; else what is wrong with it.
std::string Judge(const Expectation& expected, const support::Response& response);

// The same for all that came on a connection. `closed`: the server ended it of its own accord.
std::string JudgeStream(std::span<const Awaited> awaited, std::string_view received, bool closed);

// How many of the awaited answers have arrived whole.
std::size_t Arrived(std::span<const Awaited> awaited, std::string_view received);

}  // namespace introspectd::conformance
