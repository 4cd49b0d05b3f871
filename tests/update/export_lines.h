// The export of a store, for comparing stores.
//
// Threads: the store's writing thread.
#pragma once

#include <string>
#include <vector>

#include "token/writer.h"

namespace introspectd::update {

// All lines but the first and the last, sorted.
std::vector<std::string> ExportLines(const token::Writer& writer, UnixSeconds now);

// The whole of it, as GET /v1/tokens gives it.
std::string Export(const token::Writer& writer, UnixSeconds now);

}  // namespace introspectd::update
