// What a journal keeps, as plain values that can be compared.
//
// Threads: values.
#pragma once

#include <map>
#include <string>

#include "journal/journal.h"
#include "token/writer.h"

namespace introspectd::journal {

// The database's keys and values, without its marker.
using KeptState = std::map<std::string, std::string>;

// What is visible.
KeptState StateOf(const token::Writer& writer);
void Add(const Kept& kept, KeptState& state);

// Loads everything, with nothing between; an error is the load's.
absl::StatusOr<KeptState> LoadState(Journal& journal, UnixSeconds now);

}  // namespace introspectd::journal
