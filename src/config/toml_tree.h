// TOML text as a plain tree with line numbers. The only unit that sees toml++.
//
// Threads: thread-safe function; trees are values.
// Source:  TOML 1.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/member.h"

namespace introspectd::config {

struct TomlNode {
  enum class Type : std::uint8_t { kBool, kInteger, kString, kFloat, kDateOrTime, kArray, kTable };

  Type type = Type::kTable;
  int line = 0;
  std::string key;                 // of a table's child
  Scalar scalar;                   // kBool, kInteger, kString
  std::vector<TomlNode> children;  // kArray: its entries; kTable: its keys as the file has them

  const TomlNode* Find(std::string_view child) const;  // of a table; null when it has no such key
};

// "a string"
std::string_view NameOf(TomlNode::Type type);

// The error is "<name>:<line>: ...", without any text of the file but names of keys.
absl::StatusOr<TomlNode> ParseToml(std::string_view text, const std::string& name);

}  // namespace introspectd::config
