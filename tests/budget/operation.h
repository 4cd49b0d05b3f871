// The operations whose cost tests/budget/budget.toml keeps. Each does the same work in every run on
// every machine: its input is seeded, its clock stands still.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "introspectd/time.h"

namespace introspectd::budget {

inline constexpr UnixSeconds kStart = 1'800'000'000;  // where the clock stands

class Operation {
 public:
  virtual ~Operation() = default;

  // The `i`-th one; they come in order. What is not to be counted was done by the constructor.
  virtual void Do(std::size_t i) = 0;
  // Whether `times` of them have done what they are there for.
  virtual bool Did(std::size_t times) = 0;
};

struct Named {
  std::string_view name;
  std::size_t warm_up;   // so many come first and are not counted
  std::size_t measured;  // so many are
  std::unique_ptr<Operation> (*make)(std::size_t times);
};

std::span<const Named> RequestOperations();
std::span<const Named> StoreOperations();

}  // namespace introspectd::budget
