#include "cli/fake_node.h"

#include <fmt/core.h>

#include <string_view>

#include "text/ascii.h"
#include "text/json_writer.h"

namespace introspectd::cli {

using fetch::HttpDouble;

FakeNode::FakeNode()
    : http_([this](const HttpDouble::Request& request) { return Answer(request); }) {}

HttpDouble::Response FakeNode::Answer(const HttpDouble::Request& request) {
  const std::lock_guard lock(mutex_);
  seen_.targets.push_back(request.method + " " + request.target);
  const auto authorization = request.headers.find("authorization");
  if (authorization == request.headers.end() ||
      authorization->second != std::string("Bearer ") + kAdminToken) {
    return {.status = 401, .body = R"({"error":"invalid_token"})"};
  }
  if (request.target == "/v1/status") {
    return {.body = R"({"ready":true,"tokens":{"live":3,"by_issuer":[]},"workers":[{"id":0}]})"};
  }
  if (request.method == "GET") return export_;
  seen_.bytes += request.body;
  ++seen_.pushes;
  if (on_push_) {
    if (auto answer = on_push_(seen_.pushes)) return *answer;
  }
  return request.body_is_whole ? Take(request.body) : HttpDouble::Response{};
}

HttpDouble::Response FakeNode::Take(const std::string& body) {
  std::uint64_t count = 0;
  std::uint64_t rejected = 0;
  std::string errors;
  text::JsonWriter json(errors);
  json.BeginArray();
  for (std::string_view rest = body; !rest.empty();) {
    const std::string line(text::TakeUntil(rest, '\n'));
    ++count;
    seen_.lines.push_back(line);
    const std::string refusal = line.empty() ? "" : Refusal(line);
    if (refusal.empty() || ++rejected > 100) continue;
    json.BeginObject().Key("line").Unsigned(count).Key("error").String(refusal).EndObject();
  }
  json.EndArray();
  return {.status = rejected == 0 ? 200 : 422,
          .body = fmt::format(
              R"({{"lines":{},"applied":{},"expired":0,"rejected":{},"sequence":77,"errors":{}}})",
              count, count - rejected, rejected, errors)};
}

// Applies the line unless there is a reason not to.
std::string FakeNode::Refusal(const std::string& line) {
  const auto update = reader_.Read(line);
  if (!update) return "not one JSON object with an op";
  if (update->op == "upsert") {
    if (!update->digest || !update->sequence) return "no token, or no sequence";
    Entry& entry = seen_.state.upserts[DigestText(*update->digest)];
    if (*update->sequence >= entry.sequence) entry = {*update->sequence, line};
  } else if (update->op == "revoke") {
    if (update->digest) seen_.state.revoked.insert(DigestText(*update->digest));
  } else if (update->op != "complete" && update->op != "heartbeat" && update->op != "position" &&
             update->op != "end") {
    return "unknown op";
  }
  return "";
}

Ran Ask(const FakeNode& node, const std::vector<std::string>& arguments, RunOptions options) {
  options.variables["INTROSPECTD_ADMIN_URL"] = node.url();
  options.variables["INTROSPECTD_ADMIN_TOKEN"] = kAdminToken;
  return RunCli(arguments, options);
}

}  // namespace introspectd::cli
