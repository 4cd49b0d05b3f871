#include "api/answers.h"

#include <algorithm>
#include <iterator>

#include "fmt/format.h"
#include "introspectd/time.h"

namespace introspectd::api {

http::Reply HealthReply(std::string_view method, bool good) {
  if (method != "GET" && method != "HEAD") {
    return {.status = 405, .body = kMethodNotAllowedBody, .extra_headers = "Allow: GET, HEAD\r\n"};
  }
  if (good) return {.status = 200, .body = R"({"status":"ok"})"};
  return {.status = 503, .body = R"({"status":"unavailable"})"};
}

void AppendRetryAfter(std::int64_t wait_us, std::string& out) {
  fmt::format_to(std::back_inserter(out), "Retry-After: {}\r\n",
                 std::max<std::int64_t>(1, (wait_us + kMicrosPerSecond - 1) / kMicrosPerSecond));
}

std::string_view RefusalBody(int status) {
  switch (status) {
    case 408:
      return R"({"error":"invalid_request","error_description":"the request took too long"})";
    case 413:
      return R"({"error":"invalid_request","error_description":"the body is too large"})";
    case 414:
      return R"({"error":"invalid_request","error_description":"the target is too long"})";
    case 417:
      return R"({"error":"invalid_request","error_description":"only 100-continue can be expected"})";
    case 431:
      return R"({"error":"invalid_request","error_description":"the head is too large"})";
    case 503:
      return kUnavailable.body;
    case 505:
      return R"({"error":"invalid_request","error_description":"only HTTP/1.1 and HTTP/1.0"})";
    default:
      return R"({"error":"invalid_request","error_description":"malformed HTTP"})";
  }
}

}  // namespace introspectd::api
