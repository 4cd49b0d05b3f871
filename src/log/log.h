// The log: one line an event, as text or JSON, never with a token or a secret in it.
//
// Threads: thread-safe. Not for the request path.
// Limits:  nobody waits for who reads the log: lines that are not taken at once are dropped and
//          counted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "introspectd/config.h"

namespace introspectd::log {

struct Field {
  Field(std::string_view field, std::string_view value) : name(field), text(value) {}
  Field(std::string_view field, const char* value) : name(field), text(value) {}
  Field(std::string_view field, std::uint64_t value)
      : name(field), text(std::to_string(value)), number(true) {}

  std::string_view name;
  std::string text;  // any bytes (text/printable.h)
  bool number = false;
};

// Before Open, lines go to stderr as text.
absl::Status Open(const LogConfig& config);

void Write(LogLevel level, std::string_view event, std::initializer_list<Field> fields = {});

// Lines that were dropped since Open.
std::uint64_t Dropped();

inline void Debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(LogLevel::kDebug, event, fields);
}
inline void Info(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(LogLevel::kInfo, event, fields);
}
inline void Warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(LogLevel::kWarning, event, fields);
}
inline void Error(std::string_view event, std::initializer_list<Field> fields = {}) {
  Write(LogLevel::kError, event, fields);
}

}  // namespace introspectd::log
