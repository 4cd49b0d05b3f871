// How long an answer may be kept.
//
// Threads: immutable functions.
// Source:  RFC 9111 4.2.1, 5.1 and 5.2.2; this is no shared cache, and s-maxage says nothing to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace introspectd::fetch {

// Of the values of every Cache-Control field and that of Age ("" when there is none). Of two
// max-age the shorter one counts, and one that is no number counts as 0.
std::optional<std::int64_t> MaxAgeOf(const std::vector<std::string>& cache_control,
                                     std::string_view age);

}  // namespace introspectd::fetch
