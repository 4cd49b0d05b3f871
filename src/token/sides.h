// What is held twice, and the turnstile between.
//
// Threads: readers use the side that Enter gave them; the writer changes the hidden one.
#pragma once

#include <array>

#include "token/rules.h"
#include "token/table.h"
#include "token/turnstile.h"

namespace introspectd::token {

struct Side {
  Table table;
  Rules rules;
};

struct Sides {
  Turnstile turnstile;
  std::array<Side, 2> sides;
};

}  // namespace introspectd::token
