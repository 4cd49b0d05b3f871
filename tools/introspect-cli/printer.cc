#include "printer.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "answer.h"
#include "fetch/client.h"
#include "json/document.h"

namespace introspectd::cli {

namespace {

using json::Member;
using json::Type;
using json::Value;

// Prints any JSON object, one member a line, what is inside it further in.
class Printer {
 public:
  explicit Printer(const json::Parser& parser) : parser_(parser) {}

  void PrintMembers(const std::vector<Member>& members, int indent) {
    std::size_t widest = 0;
    for (const Member& member : members) widest = std::max(widest, member.name.size());
    for (const Member& member : members) {
      if (IsLong(member.value)) {
        fmt::print("{:{}}{}\n", "", indent, member.name);
        PrintLong(member.value, indent + 2);
      } else {
        fmt::print("{:{}}{:<{}}  {}\n", "", indent, member.name, widest, Short(member.value));
      }
    }
  }

 private:
  bool IsLong(const Value& value) const {
    if (value.type == Type::kObject) return value.raw != "{}";
    if (value.type != Type::kArray) return false;
    std::vector<Value> elements;
    parser_.ElementsOf(value, elements);
    return std::any_of(elements.begin(), elements.end(), [](const Value& element) {
      return element.type == Type::kObject || element.type == Type::kArray;
    });
  }

  void PrintLong(const Value& value, int indent) {
    if (value.type == Type::kObject) {
      std::vector<Member> members;
      parser_.MembersOf(value, members);
      return PrintMembers(members, indent);
    }
    std::vector<Value> elements;
    parser_.ElementsOf(value, elements);
    for (const Value& element : elements) {
      fmt::print("{:{}}-", "", indent);
      if (IsLong(element)) {
        fmt::print("\n");
        PrintLong(element, indent + 2);
      } else {
        fmt::print(" {}\n", Short(element));
      }
    }
  }

  std::string Short(const Value& value) const {
    if (value.type == Type::kString) return std::string(value.string);
    if (value.type != Type::kArray) return std::string(value.raw);
    std::vector<Value> elements;
    parser_.ElementsOf(value, elements);
    std::string text;
    for (const Value& element : elements) text += (text.empty() ? "" : ", ") + Short(element);
    return text;
  }

  const json::Parser& parser_;
};

}  // namespace

ExitCode PrintObject(std::string_view json, bool raw) {
  if (raw) {
    fmt::print("{}\n", json);
    return kDone;
  }
  json::Parser parser(fetch::kAnswerBytesMax, 16);
  if (const json::Error error = parser.ParseObject(json); error != json::Error::kNone) {
    return Fail(absl::InternalError(fmt::format("the answer is {}", json::ToString(error))));
  }
  Printer(parser).PrintMembers(parser.members(), 0);
  return kDone;
}

}  // namespace introspectd::cli
