// Buffers that may hold credentials and tokens: nothing is left behind in memory that they leave.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace introspectd::http {

// Overwrites all of its memory, also what stood behind its end. It becomes empty, and keeps its
// memory unless that is more than `kept` bytes.
void CleanseAll(std::string& buffer, std::size_t kept = SIZE_MAX);

// From here on it does not move until it has more than `size` bytes.
void MakeRoom(std::string& buffer, std::size_t size);

// As those of std::string.
void Append(std::string& buffer, std::string_view bytes);
void Assign(std::string& buffer, std::string_view bytes);

}  // namespace introspectd::http
