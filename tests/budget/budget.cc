// Does one operation many times, for callgrind to count the instructions and for itself to count
// the allocations.
//
//   budget         the names of all operations, one a line
//   budget NAME    {"operations":1000,"allocations":0}

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "budget/operation.h"
#include "server/counting_malloc.h"

// callgrind collects inside of it alone, by this name; so set-up costs nothing, and what the loop
// costs itself is some instructions an operation.
extern "C" [[gnu::noinline]] void BudgetMeasured(introspectd::budget::Operation& operation,
                                                 std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) operation.Do(i);
}

namespace introspectd::budget {
namespace {

std::vector<Named> AllOperations() {
  std::vector<Named> all;
  for (const auto some : {RequestOperations(), StoreOperations()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

int Run(const Named& named) {
  const std::size_t times = named.warm_up + named.measured;
  const std::unique_ptr<Operation> operation = named.make(times);
  for (std::size_t i = 0; i < named.warm_up; ++i) operation->Do(i);
  const std::uint64_t before = server::AllocationsOfThisThread();
  BudgetMeasured(*operation, named.warm_up, times);
  const std::uint64_t allocations = server::AllocationsOfThisThread() - before;
  if (!operation->Did(times)) {
    fmt::print(stderr, "budget: the operation did not do what it is there for\n");
    return 1;
  }
  fmt::print("{{\"operations\":{},\"allocations\":{}}}\n", named.measured, allocations);
  return 0;
}

int Main(std::span<char*> arguments) {
  for (const Named& named : AllOperations()) {
    if (arguments.empty()) fmt::print("{}\n", named.name);
    if (arguments.size() == 1 && arguments[0] == named.name) return Run(named);
  }
  if (arguments.empty()) return 0;
  fmt::print(stderr, "usage: budget [NAME]\n");
  return 2;
}

}  // namespace
}  // namespace introspectd::budget

int main(int argc, char** argv) { return introspectd::budget::Main({argv + 1, argv + argc}); }
