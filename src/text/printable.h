// Text of others in a form that is fit for a line of a log and for a terminal.
//
// Threads: pure functions.
// Source:  RFC 8259 7; RFC 3629; Unicode 15, general categories Cc, Zl, Zp and the format
// characters
//          that reorder or hide text.
#pragma once

#include <string>
#include <string_view>

namespace introspectd::text {

// Appends a JSON string that says `text`: what would move a cursor, end a line, turn the direction
// of writing or not be seen stands as an escape, and each byte that is no UTF-8 as U+FFFD. Of more
// than `bytes_max` bytes the rest is left out, and its size stands at the end.
void AppendPrintable(std::string_view text, std::size_t bytes_max, std::string& out);

}  // namespace introspectd::text
