#include "conformance/case.h"

#include <utility>

#include "support/world.h"

namespace introspectd::conformance {

Expectation Malformed() { return {.status = 400, .error = "invalid_request", .closes = true}; }
Expectation Closed(int status) { return {.status = status, .closes = true}; }

Expectation Active(std::string_view answer) { return {.body = std::string(answer)}; }
Expectation Example() { return Active(support::ExampleAnswer()); }
Expectation Inactive() { return Active(support::kInactive); }
Expectation Refused(int status) { return {.status = status}; }
Expectation BadRequest(std::string_view error) {
  return {.status = 400, .error = std::string(error)};
}
Expectation Unauthorized() {
  return {.status = 401, .error = "invalid_client", .challenge = "Basic realm="};
}

Case::Case(std::string_view name_, std::string_view source_, std::string request_,
           Expectation answer_, bool truncated_)
    : name(name_),
      source(source_),
      request(std::move(request_)),
      answer(std::move(answer_)),
      truncated(truncated_) {}

Case::Case(std::string_view name_, std::string_view source_, const Request& request_,
           Expectation answer_, bool truncated_)
    : Case(name_, source_, request_.Bytes(), std::move(answer_), truncated_) {}

const std::vector<Topic>& Topics() {
  static const std::vector<Topic> kTopics = {
      {"RequestLine", RequestLineCases},
      {"Routing", RoutingCases},
      {"Header", HeaderCases},
      {"Length", LengthCases},
      {"Chunk", ChunkCases},
      {"Trailer", TrailerCases},
      {"Connection", ConnectionCases},
      {"Expect", ExpectCases},
      {"Limit", LimitCases},
      {"Order", OrderCases},
      {"Form", FormCases},
      {"Parameter", ParameterCases},
      {"Basic", BasicCases},
      {"Post", PostCases},
      {"Bearer", BearerCases},
      {"Token", TokenCases},
      {"Visibility", VisibilityCases},
  };
  return kTopics;
}

}  // namespace introspectd::conformance
