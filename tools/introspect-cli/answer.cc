#include "answer.h"

#include <fmt/core.h>

#include <utility>

#include "json/document.h"

namespace introspectd::cli {

namespace {

using json::Member;
using json::Type;

constexpr std::size_t kDepthMax = 16;
constexpr int kUnprocessable = 422;  // RFC 9110 15.5.21: lines were refused, the others applied

std::int64_t Integer(const std::vector<Member>& members, std::string_view name) {
  const Member* const member = json::Find(members, name);
  return member != nullptr && member->value.type == Type::kInteger ? member->value.integer : 0;
}

std::uint64_t Count(const std::vector<Member>& members, std::string_view name) {
  return static_cast<std::uint64_t>(Integer(members, name));
}

std::string Text(const std::vector<Member>& members, std::string_view name) {
  const Member* const member = json::Find(members, name);
  if (member == nullptr || member->value.type != Type::kString) return {};
  return std::string(member->value.string);
}

std::vector<RefusedLine> RefusedLines(const json::Parser& parser) {
  const Member* const errors = json::Find(parser.members(), "errors");
  if (errors == nullptr || errors->value.type != Type::kArray) return {};
  std::vector<json::Value> elements;
  parser.ElementsOf(errors->value, elements);
  std::vector<RefusedLine> refused;
  std::vector<Member> members;
  for (const json::Value& element : elements) {
    if (element.type != Type::kObject) continue;
    parser.MembersOf(element, members);
    refused.push_back({Count(members, "line"), Text(members, "error")});
  }
  return refused;
}

// "storage_full", "invalid_token: the token has expired", or "".
std::string ReasonOf(std::string_view body) {
  json::Parser parser(fetch::kAnswerBytesMax, kDepthMax);
  if (parser.ParseObject(body) != json::Error::kNone) return {};
  const std::string error = Text(parser.members(), "error");
  const std::string description = Text(parser.members(), "error_description");
  return description.empty() ? error : fmt::format("{}: {}", error, description);
}

bool IsWorthRepeating(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

PushOutcome Perform(fetch::Client& client, const fetch::Request& request) {
  absl::StatusOr<fetch::Response> response = client.Perform(request);
  if (!response.ok()) return {response.status(), std::nullopt, {}};
  absl::StatusOr<PushReport> report = ParsePushReport(response->body);
  PushOutcome outcome{absl::OkStatus(), response->retry_after, {}};
  if (response->status != kUnprocessable) outcome.status = Judge(client, *response);
  if (outcome.status.ok()) outcome.status = report.status();
  if (report.ok()) outcome.report = *std::move(report);
  return outcome;
}

constexpr std::string_view kNdjson = "application/x-ndjson";

}  // namespace

absl::StatusOr<PushReport> ParsePushReport(std::string_view json) {
  json::Parser parser(fetch::kAnswerBytesMax, kDepthMax);
  if (parser.ParseObject(json) != json::Error::kNone ||
      json::Find(parser.members(), "lines") == nullptr) {
    return absl::InternalError("the server's answer is not one to a push; is --url right?");
  }
  const std::vector<Member>& members = parser.members();
  return PushReport{.lines = Count(members, "lines"),
                    .applied = Count(members, "applied"),
                    .expired = Count(members, "expired"),
                    .rejected = Count(members, "rejected"),
                    .sequence = Integer(members, "sequence"),
                    .refused = RefusedLines(parser)};
}

absl::Status Judge(const fetch::Client& client, const fetch::Response& response) {
  if (response.status == 200) return absl::OkStatus();
  std::string sentence =
      fmt::format("{}: answered {}", client.endpoint().ToString(), response.status);
  const std::string reason = ReasonOf(response.body);
  if (!reason.empty()) sentence += " (" + reason + ")";
  return IsWorthRepeating(response.status) ? absl::UnavailableError(sentence)
                                           : absl::FailedPreconditionError(sentence);
}

PushOutcome Push(fetch::Client& client, std::string_view lines) {
  return Perform(
      client, {.method = "POST", .target = kTokensTarget, .content_type = kNdjson, .body = lines});
}

PushOutcome Push(fetch::Client& client, std::string_view target, const fetch::Source& lines) {
  return Perform(client,
                 {.method = "POST", .target = target, .content_type = kNdjson, .source = lines});
}

ExitCode TellPush(const PushOutcome& outcome) {
  const PushReport& report = outcome.report;
  for (const RefusedLine& refused : report.refused) {
    Complain(fmt::format("line {}: {}", refused.line, refused.reason));
  }
  if (report.lines > 0) {
    fmt::print("{} lines: {} applied, {} expired, {} refused; sequence {}\n", report.lines,
               report.applied, report.expired, report.rejected, report.sequence);
  }
  if (!outcome.status.ok()) return Fail(outcome.status);
  return report.rejected == 0 ? kDone : kFailed;
}

}  // namespace introspectd::cli
