#include "api/form.h"

#include <algorithm>

#include "crypto/digest.h"
#include "text/form.h"

namespace introspectd::api {

Form::Error Form::Parse(std::string_view body, std::size_t parameters_max) {
  decoded_.clear();
  decoded_.reserve(body.size());
  names_.clear();
  token_ = token_type_hint_ = scope_ = token_sha256_ = client_ = {};
  credentials_ = {};
  Error error = Error::kNone;
  text::FormReader reader(body);
  while (auto parameter = reader.Next()) {
    if (!Decode(parameter->name) || !Decode(parameter->value)) return Error::kBrokenEscape;
    if (names_.size() == parameters_max) return Error::kTooMany;
    if (std::find(names_.begin(), names_.end(), parameter->name) != names_.end()) {
      error = Error::kTwice;
    }
    names_.push_back(parameter->name);
    Take(parameter->name, parameter->value);
  }
  return error;
}

void Form::Forget() {
  if (!decoded_.empty()) crypto::Cleanse(decoded_);
}

bool Form::Decode(std::string_view& text) {
  if (!text::NeedsFormDecoding(text)) return true;
  const std::size_t at = decoded_.size();
  if (!text::DecodeForm(text, decoded_)) return false;
  text = std::string_view(decoded_).substr(at);
  return true;
}

void Form::Take(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (name == "token") token_ = value;
  if (name == "token_type_hint") token_type_hint_ = value;
  if (name == "scope") scope_ = value;
  if (name == "token_sha256") token_sha256_ = value;
  if (name == "client") client_ = value;
  if (name == "client_id") credentials_.client_id = value;
  if (name == "client_secret") credentials_.client_secret = value;
  if (name == "client_assertion") credentials_.client_assertion = value;
  if (name == "client_assertion_type") credentials_.client_assertion_type = value;
}

}  // namespace introspectd::api
