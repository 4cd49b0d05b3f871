// Under what an answer is counted, by its status.
//
// Threads: pure functions.
#pragma once

#include <optional>

#include "api/state.h"

namespace introspectd::api {

Count CountOf(int status);
// Of a client that was not let in.
AuthFailure FailureOf(int status);
// Of what was refused by its head, or as HTTP; nothing: it was no fault of the request.
std::optional<BadInput> BadInputOf(int status);

}  // namespace introspectd::api
