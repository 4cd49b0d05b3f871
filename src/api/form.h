// The form of an introspection request: its parameters, decoded.
//
// Threads: loop-confined. No allocation in the steady state.
// Source:  RFC 6749 3.2 and appendix B (no parameter twice, an empty value counts as absent), RFC
// 7662 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/presented.h"

namespace introspectd::api {

class Form {
 public:
  enum class Error : std::uint8_t { kNone, kBrokenEscape, kTooMany, kTwice };

  // Cleanses what was decoded: no view is valid any more.
  void Forget();

  // `body` is borrowed until the next Parse.
  Error Parse(std::string_view body, std::size_t parameters_max);

  // Empty when absent. Valid until the next Parse.
  std::string_view token() const { return token_; }
  std::string_view token_type_hint() const { return token_type_hint_; }
  std::string_view scope() const { return scope_; }
  std::string_view token_sha256() const { return token_sha256_; }  // of an explanation
  std::string_view client() const { return client_; }              // of an explanation
  const client::FormCredentials& credentials() const { return credentials_; }

 private:
  bool Decode(std::string_view& text);
  void Take(std::string_view name, std::string_view value);

  std::string decoded_;  // never grows beyond what was reserved: views point into it
  std::vector<std::string_view> names_;
  std::string_view token_;
  std::string_view token_type_hint_;
  std::string_view scope_;
  std::string_view token_sha256_;
  std::string_view client_;
  client::FormCredentials credentials_;
};

}  // namespace introspectd::api
