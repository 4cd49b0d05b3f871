// The lines of an export (contract 6): what Parser reads back with Origin::kNode.
//
// Threads: immutable functions.
#pragma once

#include <cstdint>
#include <string>

#include "token/record.h"
#include "token/rules.h"
#include "update/target.h"

namespace introspectd::update {

// `issuer` is that of the tokens that name none; `log` the position in the replication log, a JSON
// object, or "".
void AppendPosition(std::uint64_t sequence, std::string_view issuer, std::string_view log,
                    std::string& out);
void AppendEnd(std::uint64_t lines, std::string& out);

// Appends the line of a record that is still of use at `now`; returns how many lines (0 or 1).
std::size_t AppendRecord(const token::Record& record, UnixSeconds now, std::string& out);
std::size_t AppendRule(const std::string& key, const token::RuleValue& value, UnixSeconds now,
                       std::string& out);
std::size_t AppendJti(const std::string& key, const token::RuleValue& value, UnixSeconds now,
                      std::string& out);

// What is written of an update that was accepted, for every node that will read it.
struct Written {
  std::size_t lines = 0;
  UnixSeconds ends = 0;  // what the lines say cannot matter any more from then on
};
Written AppendUpdate(const token::Update& update, UnixSeconds now, std::string& out);
Written AppendSign(Sign sign, std::uint64_t sequence, UnixSeconds ends, std::string& out);

}  // namespace introspectd::update
