// The lines of an export (contract 6): what Parser reads back with Origin::kNode.
//
// Threads: immutable functions.
#pragma once

#include <cstdint>
#include <string>

#include "token/record.h"
#include "token/rules.h"

namespace introspectd::update {

// `issuer` is that of the tokens that name none.
void AppendPosition(std::uint64_t sequence, std::string_view issuer, std::string& out);
void AppendEnd(std::uint64_t lines, std::string& out);

// Appends the line of a record that is still of use at `now`; returns how many lines (0 or 1).
std::size_t AppendRecord(const token::Record& record, UnixSeconds now, std::string& out);
std::size_t AppendRule(const std::string& key, const token::RuleValue& value, UnixSeconds now,
                       std::string& out);
std::size_t AppendJti(const std::string& key, const token::RuleValue& value, UnixSeconds now,
                      std::string& out);

}  // namespace introspectd::update
