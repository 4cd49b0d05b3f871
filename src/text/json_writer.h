// Writes JSON text (RFC 8259), member by member, into a string; the caller keeps the structure.
//
// Threads: one writer, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace introspectd::text {

// Appends `s`, quoted and escaped, as short as JSON allows: no text gets longer by being read and
// written again. Bytes that are not UTF-8 are passed through: callers give text.
void AppendJsonString(std::string_view s, std::string& out);

// {"a":1,"b":{"c":"d"},"e":[true]}: Key() before every value inside an object.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view name);
  JsonWriter& String(std::string_view value);
  JsonWriter& Integer(std::int64_t value);
  JsonWriter& Unsigned(std::uint64_t value);
  JsonWriter& Number(double value);
  JsonWriter& Bool(bool value);
  JsonWriter& Raw(std::string_view json);

 private:
  JsonWriter& Open(char c);
  JsonWriter& Close(char c);
  void Separate();

  std::string& out_;
  bool first_ = true;
};

}  // namespace introspectd::text
