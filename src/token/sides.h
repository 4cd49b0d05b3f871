// What is held twice, and the turnstile between.
//
// Threads: readers use the side that Enter gave them; the writer changes the hidden one.
#pragma once

#include <array>

#include "token/rules.h"
#include "token/table.h"
#include "token/templates.h"
#include "token/turnstile.h"

namespace introspectd::token {

struct Side {
  explicit Side(PageSupply& pages) : table(pages) {}

  Table table;
  Rules rules;
};

struct Sides {
  Turnstile turnstile;
  Templates templates;  // of the records of both
  PageSupply pages;
  std::array<Side, 2> sides{Side(pages), Side(pages)};
};

}  // namespace introspectd::token
