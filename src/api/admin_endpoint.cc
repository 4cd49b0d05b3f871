#include "api/admin_endpoint.h"

#include <utility>

#include "api/answers.h"
#include "api/export_source.h"
#include "api/form_checks.h"
#include "base/check.h"
#include "base/clock.h"
#include "log/log.h"
#include "metrics/page.h"
#include "text/ascii.h"
#include "text/json_writer.h"

namespace introspectd::api {

namespace {

using client::AdminToken;
using http::Exchange;
using http::Plan;
using http::Progress;
using http::Reply;

constexpr std::string_view kLinesType = "application/x-ndjson";

constexpr Reply kNotLines{
    .status = 415,
    .body = R"({"error":"invalid_request",)"
            R"("error_description":"Content-Type must be application/x-ndjson"})"};
constexpr Reply kUnknownQuery =
    BadRequest(R"({"error":"invalid_request","error_description":"the only query is to=node"})");
constexpr Reply kTokensMethods{
    .status = 405, .body = kMethodNotAllowedBody, .extra_headers = "Allow: GET, POST\r\n"};
constexpr Reply kReadMethods{
    .status = 405, .body = kMethodNotAllowedBody, .extra_headers = "Allow: GET\r\n"};
constexpr Reply kTokenOrDigest = BadRequest(
    R"({"error":"invalid_request","error_description":"exactly one of token and token_sha256"})");
constexpr Reply kNoDigest = BadRequest(
    R"({"error":"invalid_request",)"
    R"("error_description":"token_sha256 must be 43 base64url characters, or the first 16 bytes as 22"})");
constexpr Reply kNoClient =
    BadRequest(R"({"error":"invalid_request","error_description":"there is no such client"})");
constexpr Reply kNoBearer{
    .status = 401,
    .body = R"({"error":"invalid_token","error_description":"a bearer token is required"})",
    .extra_headers = "WWW-Authenticate: Bearer realm=\"introspectd admin\"\r\n"};
constexpr Reply kWrongBearer{
    .status = 401,
    .body = R"({"error":"invalid_token","error_description":"the bearer token is not known"})",
    .extra_headers =
        "WWW-Authenticate: Bearer realm=\"introspectd admin\", error=\"invalid_token\"\r\n"};
constexpr Reply kNoScope{
    .status = 403,
    .body = R"({"error":"insufficient_scope",)"
            R"("error_description":"the bearer token does not have the scope of this call"})",
    .extra_headers =
        "WWW-Authenticate: Bearer realm=\"introspectd admin\", error=\"insufficient_scope\"\r\n"};

}  // namespace

AdminEndpoint::~AdminEndpoint() { EndFeed(); }

AdminEndpoint::Call AdminEndpoint::CallOf(const http::Head& head, Now now, Reply& refused) const {
  const std::string_view path = head.path();
  const std::string_view query =
      head.target.size() > path.size() ? head.target.substr(path.size() + 1) : "";
  const bool read = head.method == "GET";
  if (path == "/healthz" || path == "/readyz") {
    const bool good = path == "/healthz" ? control_.healthy() : control_.readiness.wanted(now);
    refused = HealthReply(head.method, good);
  } else if (path == "/v1/status" || path == "/metrics") {
    if (read) return path == "/metrics" ? Call::kMetrics : Call::kStatus;
    refused = kReadMethods;
  } else if (path == "/v1/explain") {
    if (head.method == "POST" && IsForm(head.content_type.value_or(""))) return Call::kExplain;
    refused = head.method == "POST" ? kNotForm : kPostOnly;
  } else if (path != "/v1/tokens") {
    refused = kNotFound;
  } else if (read) {
    return Call::kExport;
  } else if (head.method != "POST") {
    refused = kTokensMethods;
  } else if (!query.empty() && query != "to=node") {
    refused = kUnknownQuery;
  } else if (std::string_view type = head.content_type.value_or("");
             !text::EqualsIgnoreCase(text::TrimOws(text::TakeUntil(type, ';')), kLinesType)) {
    refused = kNotLines;
  } else {
    return query.empty() ? Call::kPush : Call::kLoad;
  }
  return Call::kNone;
}

bool AdminEndpoint::Allows(const AdminToken& token, Call call) const {
  switch (call) {
    case Call::kPush:
      return token.Allows(AdminScope::kUpsert) || token.Allows(AdminScope::kRevoke);
    case Call::kLoad:
      return token.Allows(AdminScope::kSync);
    case Call::kExport:
      return token.Allows(AdminScope::kExport);
    case Call::kExplain:
      return token.Allows(AdminScope::kExplain);
    case Call::kStatus:
      return token.Allows(AdminScope::kStatus);
    case Call::kMetrics:
      return token.Allows(AdminScope::kMetrics);
    case Call::kNone:
      break;
  }
  return false;
}

Plan AdminEndpoint::OnHead(Exchange& exchange) {
  EndFeed();
  call_ = CallOf(exchange.head, exchange.now, exchange.reply);
  if (call_ == Call::kNone) return Plan::kAnswered;
  bool pending = false;
  const AdminToken* token = Authenticate(exchange, pending);
  if (pending) return Plan::kPending;
  if (token == nullptr) return Plan::kAnswered;
  token_name_ = token->name;
  const bool allowed = Allows(*token, call_);
  log::Info("admin call", {{"token", token_name_},
                           {"method", exchange.head.method},
                           {"path", exchange.head.path()},
                           {"allowed", allowed ? "yes" : "no"}});
  if (!allowed) {
    ++control_.failures.forbidden;
    exchange.reply = kNoScope;
    return Plan::kAnswered;
  }
  if (call_ == Call::kStatus || call_ == Call::kMetrics) return Plan::kBuffer;
  if (control_.admission.loading) {  // neither is all of it here, nor can it be judged against
    exchange.reply = kUnavailable;
    return Plan::kAnswered;
  }
  if (call_ == Call::kExport || call_ == Call::kExplain) return Plan::kBuffer;
  ticket_ = exchange.ticket;
  BeginFeed(*token);
  return Plan::kStream;
}

const AdminToken* AdminEndpoint::Authenticate(Exchange& exchange, bool& pending) {
  const auto bearer = client::BearerToken(exchange.head.authorization.value_or(""));
  if (!bearer) {
    ++control_.failures.refused;
    exchange.reply = kNoBearer;
    return nullptr;
  }
  const client::Registry& registry = control_.registry();
  const crypto::Sha256 digest = control_.credentials.DigestOf("", *bearer);
  if (const auto index = control_.credentials.Find(digest)) {
    return &registry.admin_tokens()[*index];
  }
  if (exchange.resumption == http::Resumption::kRefused) {
    ++control_.failures.refused;
    exchange.reply = kWrongBearer;
    return nullptr;
  }
  if (exchange.resumption == http::Resumption::kUnavailable) {
    ++control_.failures.unavailable;
    exchange.reply = kUnavailable;
    return nullptr;
  }
  pending = true;
  control_.verify({.ticket = exchange.ticket,
                   .pairs = {{std::string(), std::string(*bearer)}},
                   .digest = digest});
  return nullptr;
}

void AdminEndpoint::BeginFeed(const AdminToken& token) {
  const bool load = call_ == Call::kLoad;
  Pusher pusher = token.pusher;
  if (load) pusher.may_upsert = pusher.may_revoke = pusher.any_issuer = true;
  feed_.emplace(control_.parser, pipeline().target(), control_.admission, std::move(pusher),
                load ? update::Origin::kNode : update::Origin::kPusher, control_.crew);
  pipeline().Add(&*feed_, [this](update::Feed& feed) { OnProgress(feed); });
}

void AdminEndpoint::EndFeed() {
  if (!feed_) return;
  pipeline().Remove(&*feed_);
  feed_.reset();
  paused_ = false;
}

bool AdminEndpoint::OnBody(std::string_view part, Now /*now*/) {
  feed_->Append(part);
  control_.wake_pipeline();
  paused_ = feed_->backlog() >= control_.limits.update_batch_bytes_max;
  return !paused_;
}

void AdminEndpoint::OnProgress(update::Feed& feed) {
  const bool room = feed.backlog() < control_.limits.update_batch_bytes_max / 2;
  if (feed.done() || (paused_ && room)) {
    paused_ = false;
    control_.resume(ticket_);
  }
}

Progress AdminEndpoint::OnRequest(Exchange& exchange) {
  if (call_ == Call::kStatus) {
    body_ = control_.status(exchange.now);
    exchange.reply = {.status = 200, .body = body_};
    return Progress::kAnswered;
  }
  if (call_ == Call::kMetrics) {
    body_ = control_.metrics(exchange.now);
    exchange.reply = {.status = 200, .body = body_, .content_type = metrics::kContentType};
    return Progress::kAnswered;
  }
  if (call_ == Call::kExplain) {
    exchange.reply = Explain(exchange.body, exchange.now);
    return Progress::kAnswered;
  }
  if (call_ == Call::kExport) {
    exchange.source = std::make_unique<ExportSource>(control_.writer, control_.log_position());
    exchange.source_type = kLinesType;
    return Progress::kAnswered;
  }
  return FinishFeed(exchange);
}

Reply AdminEndpoint::Explain(std::string_view body, Now now) {
  if (const Reply* refused = CheckForm(form_, body, control_.limits.admin)) return *refused;
  Explainer::Question question{.token = form_.token()};
  if (form_.token().empty() == form_.token_sha256().empty()) return kTokenOrDigest;
  if (form_.token().empty()) {
    question.digest = TokenDigest::Parse(form_.token_sha256());
    if (!question.digest) return kNoDigest;
  }
  if (!form_.client().empty()) {
    question.client = control_.registry().FindClient(form_.client());
    if (question.client == nullptr) return kNoClient;
  }
  body_ = control_.explain(question, now);
  return {.status = 200, .body = body_};
}

Reply AdminEndpoint::OnDeferred(std::uint32_t /*deferred*/, Now /*now*/) { CHECK(false); }

// Everything was read; the answer waits until everything is visible.
Progress AdminEndpoint::FinishFeed(Exchange& exchange) {
  feed_->Finish();
  if (!feed_->done() && exchange.resumption != http::Resumption::kUnavailable) {
    control_.wake_pipeline();
    return Progress::kPending;
  }
  const update::FeedReport& report = feed_->report();
  if (report.applied + report.expired > 0 || report.heartbeat) control_.on_push();
  if (report.complete) control_.on_complete();
  if (report.ended && report.rejected == 0) control_.on_loaded(report.log_position);
  const bool cut_off = call_ == Call::kLoad && !report.ended;
  std::string_view failure;
  if (cut_off) failure = "incomplete_export";
  if (report.memory_full) failure = "capacity";
  if (report.storage_full) failure = "storage_full";
  if (report.log_away) failure = "replication";
  if (!feed_->done()) failure = "temporarily_unavailable";
  const bool full = report.storage_full || report.memory_full;
  const bool again = full || report.log_away || !feed_->done();
  const bool refused = report.rejected > 0 || cut_off;
  control_.pushes.lines_refused += report.rejected;
  if (!again) control_.pushes.times.Add(base::MicrosBetween(exchange.asked, exchange.now));
  body_ = Report(failure);
  exchange.reply = {.status = again ? 503 : refused ? 422 : 200, .body = body_};
  if (again) exchange.reply.extra_headers = kUnavailable.extra_headers;
  log::Info("updates", {{"token", token_name_},
                        {"lines", report.lines},
                        {"applied", report.applied},
                        {"expired", report.expired},
                        {"rejected", report.rejected},
                        {"sequence", report.sequence}});
  EndFeed();
  return Progress::kAnswered;
}

std::string AdminEndpoint::Report(std::string_view failure) const {
  const update::FeedReport& report = feed_->report();
  std::string body;
  text::JsonWriter json(body);
  json.BeginObject();
  if (!failure.empty()) json.Key("error").String(failure);
  json.Key("lines").Unsigned(report.lines);
  json.Key("applied").Unsigned(report.applied);
  json.Key("expired").Unsigned(report.expired);
  json.Key("rejected").Unsigned(report.rejected);
  json.Key("sequence").Unsigned(report.sequence);
  json.Key("errors").BeginArray();
  for (const auto& error : report.errors) {
    json.BeginObject().Key("line").Unsigned(error.line);
    json.Key("error").String(error.reason).EndObject();
  }
  json.EndArray().EndObject();
  return body;
}

std::string_view AdminEndpoint::RefusalBody(int status) {
  EndFeed();  // the rest of its body will not come
  return api::RefusalBody(status);
}

}  // namespace introspectd::api
