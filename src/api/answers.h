// The fixed answers of both planes (RFC 6749 5.2, contract 3 and 4).
//
// Threads: constants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/response.h"
#include "introspectd/introspection.h"

namespace introspectd::api {

inline constexpr http::Reply kInactive{.status = 200, .body = kInactiveAnswer};
inline constexpr http::Reply kUnknownToken{
    .status = 400,
    .body = R"({"error":"invalid_token",)"
            R"("error_description":"Access token not issued or recognized by this STS"})"};

inline constexpr http::Reply kNotFound{
    .status = 404,
    .body = R"({"error":"not_found","error_description":"there is nothing at this path"})"};
inline constexpr std::string_view kMethodNotAllowedBody =
    R"({"error":"invalid_request","error_description":"this path has another method"})";
inline constexpr http::Reply kPostOnly{
    .status = 405, .body = kMethodNotAllowedBody, .extra_headers = "Allow: POST\r\n"};
inline constexpr http::Reply kNotForm{
    .status = 415,
    .body = R"({"error":"invalid_request",)"
            R"("error_description":"Content-Type must be application/x-www-form-urlencoded"})"};

inline constexpr http::Reply BadRequest(std::string_view body) {
  return {.status = 400, .body = body};
}
inline constexpr http::Reply kBrokenEscape =
    BadRequest(R"({"error":"invalid_request","error_description":"a percent-escape is broken"})");
inline constexpr http::Reply kTooManyParameters =
    BadRequest(R"({"error":"invalid_request","error_description":"too many parameters"})");
inline constexpr http::Reply kParameterTwice =
    BadRequest(R"({"error":"invalid_request","error_description":"a parameter stands twice"})");
inline constexpr http::Reply kTwoMechanisms = BadRequest(
    R"({"error":"invalid_request",)"
    R"("error_description":"more than one way of client authentication, or they differ"})");
inline constexpr http::Reply kNoToken =
    BadRequest(R"({"error":"invalid_request","error_description":"token is missing"})");
inline constexpr http::Reply kUnsupportedTokenType = BadRequest(
    R"({"error":"unsupported_token_type","error_description":"refresh tokens are not introspected"})");
inline constexpr http::Reply kUnknownHint = BadRequest(
    R"({"error":"invalid_request","error_description":"token_type_hint: access_token or pct"})");

inline constexpr std::string_view kInvalidClientBody =
    R"({"error":"invalid_client","error_description":"client authentication failed"})";
inline constexpr http::Reply kInvalidClientBasic{
    .status = 401,
    .body = kInvalidClientBody,
    .extra_headers = "WWW-Authenticate: Basic realm=\"introspectd\", charset=\"UTF-8\"\r\n"};
inline constexpr http::Reply kInvalidClientBearer{
    .status = 401,
    .body = kInvalidClientBody,
    .extra_headers = "WWW-Authenticate: Bearer realm=\"introspectd\", error=\"invalid_token\"\r\n"};

inline constexpr http::Reply kInsufficientScope{
    .status = 403,
    .body =
        R"({"error":"insufficient_scope","error_description":"the scope introspect is needed"})",
    .extra_headers =
        "WWW-Authenticate: Bearer realm=\"introspectd\", "
        "error=\"insufficient_scope\", scope=\"introspect\"\r\n"};
// There is room for one more within a second, at any rate that can be configured.
inline constexpr http::Reply kTooManyFailures{
    .status = 429,
    .body = R"({"error":"too_many_requests",)"
            R"("error_description":"too many failed authentications"})",
    .extra_headers = "Retry-After: 1\r\n"};

inline constexpr http::Reply kUnavailable{
    .status = 503,
    .body = R"({"error":"temporarily_unavailable",)"
            R"("error_description":"this cannot be answered right now"})",
    .extra_headers = "Retry-After: 1\r\n"};

// Comes with AppendRetryAfter as its extra header.
inline constexpr http::Reply kTooManyInactive{
    .status = 429,
    .body = R"({"error":"too_many_requests",)"
            R"("error_description":"too many tokens that were asked about are not active"})"};
// "Retry-After: 3\r\n": in whole seconds, one at least.
void AppendRetryAfter(std::int64_t wait_us, std::string& out);

// GET /healthz and /readyz.
http::Reply HealthReply(std::string_view method, bool good);

// The body of what a session refuses by itself.
std::string_view RefusalBody(int status);

}  // namespace introspectd::api
