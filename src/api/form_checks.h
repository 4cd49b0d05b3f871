// Whether a request is a form, and a good one (contract 3).
//
// Threads: immutable functions.
#pragma once

#include <string_view>

#include "api/form.h"
#include "http/response.h"
#include "introspectd/config.h"

namespace introspectd::api {

// Parameters of the content type (charset and others) are allowed, and of no meaning.
bool IsForm(std::string_view content_type);

// Parses; the refusal, or null when the form is good.
const http::Reply* CheckForm(Form& form, std::string_view body, const HttpLimits& limits);

}  // namespace introspectd::api
