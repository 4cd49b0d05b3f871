// JSON in, strictly (RFC 8259): the only room that sees simdjson.
//
// Threads: one Parser, one thread. A document borrows from its parser until the next Parse.
// Limits:  size and depth as given. A member name twice in one object, at any depth, is an error.
//          Integers beyond 64 bits and numbers beyond a double are refused.
// Source:  RFC 8259; RFC 7515 4 for duplicate names. The DOM interface, since the On-Demand one
//          does not look at values that nobody asks for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace introspectd::json {

enum class Error : std::uint8_t {
  kNone,
  kTooLarge,
  kNotJson,  // not one JSON value, or not UTF-8
  kTooDeep,
  kNotObject,
  kDuplicateName,
};

// A sentence for people.
const char* ToString(Error error);

enum class Type : std::uint8_t { kString, kInteger, kNumber, kBool, kNull, kObject, kArray };

// One value. `raw` is its text as it came, without the white space between tokens.
struct Value {
  Type type = Type::kNull;
  std::string_view raw;                   // borrowed from the parser
  std::string_view string;                // kString: unescaped, borrowed from the parser
  std::int64_t integer = 0;               // kInteger: in range of int64
  double number = 0;                      // kNumber
  bool boolean = false;                   // kBool
  std::array<std::uint64_t, 2> handle{};  // the parser's own

  bool escaped() const { return raw.size() != string.size() + 2; }  // kString
};

struct Member {
  std::string_view name;      // unescaped, borrowed from the parser
  std::string_view raw_name;  // with its quotes
  Value value;

  // "name":value, without white space between.
  std::string_view raw() const {
    const char* const end = value.raw.data() + value.raw.size();
    return {raw_name.data(), static_cast<std::size_t>(end - raw_name.data())};
  }
};

class Parser {
 public:
  Parser(std::size_t size_max, std::size_t depth_max);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // From now on.
  void SetSizeMax(std::size_t size_max);
  std::size_t size_max() const;

  // Parses `text` (borrowed until return), which must be one object, and checks all of it.
  // No allocation in the steady state.
  [[nodiscard]] Error ParseObject(std::string_view text);

  // The object's members in order; after ParseObject returned kNone.
  const std::vector<Member>& members() const { return members_; }

  // The members of `object` (kObject), or the elements of `array` (kArray), which must come from
  // members() or from a call of these; `out` is overwritten.
  void MembersOf(const Value& object, std::vector<Member>& out) const;
  void ElementsOf(const Value& array, std::vector<Value>& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<Member> members_;
};

const Member* Find(const std::vector<Member>& members, std::string_view name);

}  // namespace introspectd::json
