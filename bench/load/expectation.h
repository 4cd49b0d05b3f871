// What the answer about a token must be, and whether it is.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "load/answer.h"

namespace introspectd::load {

// How an answer about a good token begins.
inline constexpr std::string_view kActiveStart = R"({"active":true)";

struct Expectation {
  enum class Kind : std::uint8_t {
    kActive,
    kInactive,
    kEither,  // it ends at about this time
    kGiven,   // what the command line says of every answer
  };

  Kind kind = Kind::kGiven;
  std::uint64_t subject = 0;  // kActive: SubjectOf the raw value of `sub`; 0: not known
};

// Equal for equal values; never 0.
std::uint64_t SubjectOf(std::string_view raw_value);

// What the command line says of every answer.
struct Given {
  int status = 200;
  std::string body_start{kActiveStart};
};

bool IsRight(const Answer& answer, const Expectation& expected, const Given& given);

}  // namespace introspectd::load
