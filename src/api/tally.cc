#include "api/tally.h"

namespace introspectd::api {

Count CountOf(int status) {
  switch (status) {
    case 400:
      return Count::kBadRequest;
    case 401:
      return Count::kUnauthorized;
    case 429:
      return Count::kRateLimited;
    case 503:
      return Count::kUnavailable;
    default:
      return Count::kOther;
  }
}

AuthFailure FailureOf(int status) {
  switch (status) {
    case 400:
      return AuthFailure::kContradiction;
    case 403:
      return AuthFailure::kForbidden;
    case 429:
      return AuthFailure::kRateLimited;
    case 503:
      return AuthFailure::kUnavailable;
    default:
      return AuthFailure::kRefused;
  }
}

std::optional<BadInput> BadInputOf(int status) {
  switch (status) {
    case 400:
      return BadInput::kMalformed;
    case 404:
      return BadInput::kPath;
    case 405:
      return BadInput::kMethod;
    case 408:
      return BadInput::kTimeout;
    case 413:
      return BadInput::kBodyTooLarge;
    case 414:
      return BadInput::kTargetTooLong;
    case 415:
      return BadInput::kContentType;
    case 417:
      return BadInput::kExpectation;
    case 431:
      return BadInput::kHeadTooLarge;
    case 505:
      return BadInput::kVersion;
    default:
      return std::nullopt;
  }
}

}  // namespace introspectd::api
