// A NumericDate, which may have a fraction.
//
// Threads: immutable functions.
// Source:  RFC 7519 2.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "introspectd/time.h"
#include "json/document.h"

namespace introspectd::claims {

// What is good until then is never good for longer than it says; what begins then never earlier.
enum class Rounding : std::uint8_t { kDown, kUp };

// Nothing: it is none, or not far enough from overflow to be added to.
inline std::optional<UnixSeconds> NumericDateOf(const json::Value& value, Rounding rounding) {
  constexpr double kEnd = 0x1p53;
  double date = -1;
  if (value.type == json::Type::kInteger) date = static_cast<double>(value.integer);
  if (value.type == json::Type::kNumber) date = value.number;
  if (!(date >= 0 && date < kEnd)) return std::nullopt;
  return static_cast<UnixSeconds>(rounding == Rounding::kDown ? std::floor(date) : std::ceil(date));
}

}  // namespace introspectd::claims
