#include "api/form_checks.h"

#include "api/answers.h"
#include "text/ascii.h"

namespace introspectd::api {

namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

}  // namespace

bool IsForm(std::string_view content_type) {
  return text::EqualsIgnoreCase(text::TrimOws(text::TakeUntil(content_type, ';')), kFormType);
}

const http::Reply* CheckForm(Form& form, std::string_view body, const HttpLimits& limits) {
  switch (form.Parse(body, limits.parameters_max)) {
    case Form::Error::kNone:
      return nullptr;
    case Form::Error::kBrokenEscape:
      return &kBrokenEscape;
    case Form::Error::kTooMany:
      return &kTooManyParameters;
    case Form::Error::kTwice:
      return &kParameterTwice;
  }
  return &kBrokenEscape;
}

}  // namespace introspectd::api
