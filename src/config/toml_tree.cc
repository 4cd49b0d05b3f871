#include "config/toml_tree.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "base/check.h"
#include "crypto/digest.h"
#include "fmt/core.h"
#include "toml++/toml.h"

namespace introspectd::config {

namespace {

int LineOf(const toml::source_region& source) { return static_cast<int>(source.begin.line); }

TomlNode::Type TypeOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::boolean:
      return TomlNode::Type::kBool;
    case toml::node_type::integer:
      return TomlNode::Type::kInteger;
    case toml::node_type::string:
      return TomlNode::Type::kString;
    case toml::node_type::floating_point:
      return TomlNode::Type::kFloat;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return TomlNode::Type::kDateOrTime;
    case toml::node_type::array:
      return TomlNode::Type::kArray;
    case toml::node_type::table:
      return TomlNode::Type::kTable;
    case toml::node_type::none:
      break;
  }
  CHECK(false);
}

Scalar ScalarOf(const toml::node& node) {
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* string = node.as_string()) return string->get();
  return {};
}

TomlNode TreeOf(const toml::node& node) {
  TomlNode tree;
  tree.type = TypeOf(node);
  tree.line = LineOf(node.source());
  tree.scalar = ScalarOf(node);
  if (const auto* array = node.as_array()) {
    for (const toml::node& entry : *array) tree.children.push_back(TreeOf(entry));
  }
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      TomlNode& child = tree.children.emplace_back(TreeOf(value));
      child.key = key.str();
      child.line = LineOf(key.source());
    }
    std::ranges::stable_sort(tree.children, {}, &TomlNode::line);
  }
  return tree;
}

// The library's own copies of what may be secrets.
void Cleanse(toml::node& node) {
  if (auto* string = node.as_string()) crypto::Cleanse(string->get());
  if (auto* array = node.as_array()) {
    for (toml::node& entry : *array) Cleanse(entry);
  }
  if (auto* table = node.as_table()) {
    for (auto&& [key, value] : *table) Cleanse(value);
  }
}

// toml++ quotes what it read, which may be a part of a secret. Only its "cannot redefine existing
// string 'secret'" quotes a key.
std::string_view WithoutQuotedText(std::string_view description) {
  constexpr std::array<std::string_view, 3> kBeforeText = {", saw ", ": '", " interpret '"};
  for (const std::string_view before : kBeforeText) {
    description = description.substr(0, description.find(before));
  }
  return description;
}

}  // namespace

const TomlNode* TomlNode::Find(std::string_view child) const {
  const auto found = std::ranges::find(children, child, &TomlNode::key);
  return found == children.end() ? nullptr : &*found;
}

std::string_view NameOf(TomlNode::Type type) {
  switch (type) {
    case TomlNode::Type::kBool:
      return "a boolean";
    case TomlNode::Type::kInteger:
      return "an integer";
    case TomlNode::Type::kString:
      return "a string";
    case TomlNode::Type::kFloat:
      return "a floating-point number";
    case TomlNode::Type::kDateOrTime:
      return "a date or time";
    case TomlNode::Type::kArray:
      return "an array";
    case TomlNode::Type::kTable:
      return "a table";
  }
  CHECK(false);
}

absl::StatusOr<TomlNode> ParseToml(std::string_view text, const std::string& name) {
  // Debian's library reports errors by throwing; nothing thrown leaves this function.
  try {
    toml::table table = toml::parse(text);
    TomlNode tree = TreeOf(table);
    Cleanse(table);
    return tree;
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(fmt::format("{}:{}: this is not TOML: {}", name,
                                                  LineOf(error.source()),
                                                  WithoutQuotedText(error.description())));
  }
}

}  // namespace introspectd::config
