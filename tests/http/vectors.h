// Heads that were read in two ways somewhere, and what must become of them here.
//
// Threads: constants.
// Source:  CVEs of llhttp and Node.js; RFC 9112; the trophies of HTTP Garden.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/head.h"

namespace introspectd::http {

struct Vector {
  std::string_view name;
  std::string bytes;                 // a head, and perhaps what it smuggles
  Refusal refusal = Refusal::kNone;  // of the gate; kNone = it is let through
  bool llhttp_takes_it = false;      // llhttp 8.1.0 as shipped by Debian, built strict
};

// Every one is refused by the gate; some are taken by llhttp.
std::span<const Vector> SmugglingVectors();

}  // namespace introspectd::http
