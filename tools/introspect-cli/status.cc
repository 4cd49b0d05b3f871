// introspect-cli status: what a node says of itself.

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "answer.h"
#include "commands.h"
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

ExitCode Status(const AdminOptions& admin, bool raw) {
  absl::StatusOr<fetch::Client> client = Connect(admin);
  if (!client.ok()) return Fail(client.status());
  const auto response = client->Perform({.target = "/v1/status"});
  if (!response.ok()) return Fail(response.status());
  if (const absl::Status status = Judge(*client, *response); !status.ok()) return Fail(status);
  if (raw) {
    fmt::print("{}\n", response->body);
    return kDone;
  }
  json::Parser parser(fetch::kAnswerBytesMax, 16);
  if (const json::Error error = parser.ParseObject(response->body); error != json::Error::kNone) {
    return Fail(absl::InternalError(fmt::format("the answer is {}", json::ToString(error))));
  }
  Printer(parser).PrintMembers(parser.members(), 0);
  return kDone;
}

}  // namespace

void AddStatus(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub = app.add_subcommand("status", "Show what a node says of itself");
  const auto raw = std::make_shared<bool>(false);
  sub->add_flag("--json", *raw, "As it came");
  sub->callback(
      [&admin, &command, raw] { command = [&admin, raw] { return Status(admin, *raw); }; });
}

}  // namespace introspectd::cli
