// The updates of a population whose tokens are JWTs. A signature costs 20 to 500 times what the
// rest of a line does, so several threads mint.
//
// Threads: blocks its caller, and calls back on its thread alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "population/jwt_minter.h"
#include "population/population.h"

namespace introspectd::population {

// Gives the lines of tokens 0 to count - 1 to `take`, in order and piece by piece, until it returns
// false. At most `threads` of them mint; the lines do not depend on how many.
void MintUpdates(const Population& population, const JwtMinter& minter, std::uint64_t count,
                 unsigned threads, const std::function<bool(std::string_view)>& take);

}  // namespace introspectd::population
