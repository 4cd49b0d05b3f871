#include "support/admin_client.h"

#include <algorithm>

#include "fmt/format.h"
#include "json/document.h"
#include "support/request.h"

namespace introspectd::support {

namespace {

constexpr std::size_t kDepthMax = 8;

std::int64_t IntegerOf(const std::vector<json::Member>& members, std::string_view name) {
  const json::Member* member = json::Find(members, name);
  if (member == nullptr || member->value.type != json::Type::kInteger) {
    throw WireError(fmt::format("no integer \"{}\" in the answer to a push", name));
  }
  return member->value.integer;
}

std::vector<RefusedLine> ErrorsOf(const json::Parser& parser) {
  std::vector<RefusedLine> errors;
  const json::Member* member = json::Find(parser.members(), "errors");
  if (member == nullptr) return errors;
  std::vector<json::Value> elements;
  std::vector<json::Member> fields;
  parser.ElementsOf(member->value, elements);
  for (const json::Value& element : elements) {
    parser.MembersOf(element, fields);
    const json::Member* error = json::Find(fields, "error");
    errors.push_back({IntegerOf(fields, "line"), error ? std::string(error->value.string) : ""});
  }
  return errors;
}

}  // namespace

PushResult ParsePushResult(const Response& response) {
  json::Parser parser(std::max<std::size_t>(response.body.size(), 1), kDepthMax);
  if (parser.ParseObject(response.body) != json::Error::kNone) {
    throw WireError(
        fmt::format("status {}, not a JSON object: {}", response.status, response.body));
  }
  const std::vector<json::Member>& members = parser.members();
  if (json::Find(members, "lines") == nullptr) {
    throw WireError(fmt::format("status {}, no push: {}", response.status, response.body));
  }
  return {.status = response.status,
          .lines = IntegerOf(members, "lines"),
          .applied = IntegerOf(members, "applied"),
          .expired = IntegerOf(members, "expired"),
          .rejected = IntegerOf(members, "rejected"),
          .sequence = IntegerOf(members, "sequence"),
          .errors = ErrorsOf(parser)};
}

std::string AdminClient::Head(std::string_view method, std::string_view target,
                              std::string_view framing) const {
  const std::string authorization =
      token_.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", token_);
  const std::string_view type = method == "POST" ? "Content-Type: application/x-ndjson\r\n" : "";
  return fmt::format("{} {} HTTP/1.1\r\n{}{}{}{}\r\n", method, target, kHost, authorization, type,
                     framing);
}

Response AdminClient::Ask(std::string_view request) {
  Response response = Connect().Ask(request, {.chunks = true});
  transcript_ += response.body;
  return response;
}

Response AdminClient::Get(std::string_view target) { return Ask(Head("GET", target, "")); }

Response AdminClient::Post(std::string_view target, std::string_view body) {
  return Ask(Head("POST", target, ContentLength(body.size())) + std::string(body));
}

}  // namespace introspectd::support
