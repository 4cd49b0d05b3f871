// Sentences about a claim that is not what it must be.
//
// Threads: immutable functions.
#pragma once

#include <string>
#include <string_view>

#include "fmt/core.h"
#include "json/document.h"

namespace introspectd::claims {

inline std::string Wrong(const json::Member& member, std::string_view must) {
  return fmt::format("claims.{} must be {}", member.name, must);
}

inline bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace introspectd::claims
