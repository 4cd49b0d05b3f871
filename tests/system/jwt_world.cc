#include "system/jwt_world.h"

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "support/request.h"
#include "text/base64.h"
#include "text/form.h"

namespace introspectd::system_test {

std::string IssuerTable::Text() const {
  return fmt::format(
      "[[issuers]]\nissuer = \"{}\"\n{}\nalgorithms = {}\naudiences = {}\ntypes = {}\n{}\n", issuer,
      keys, algorithms, audiences, types, more);
}

Verdict VerdictOf(const support::Response& response) {
  if (response.status == 503) return Verdict::kNotNow;
  if (response.status != 200) return Verdict::kWrong;
  if (response.body == support::kInactive) return Verdict::kInactive;
  return response.body.starts_with(R"({"active":true,)") ? Verdict::kActive : Verdict::kWrong;
}

Verdict Judge(support::Connection& connection, std::string_view token) {
  const support::Request request{.body = "token=" + text::EncodeForm(token)};
  return VerdictOf(connection.Ask(request.Bytes()));
}

std::string TokenOfUnknownKey(std::string_view issuer, std::string_view kid) {
  const std::string header = fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":"{}"}})", kid);
  const std::string claims = support::WithTimes(
      fmt::format(R"({{"iss":"{}","sub":"s","client_id":"c","aud":"{}","iat":@-60,"exp":@+3600}})",
                  issuer, kApi));
  return text::EncodeBase64Url(header) + "." + text::EncodeBase64Url(claims) + "." +
         text::EncodeBase64Url(std::string(64, 'x'));
}

}  // namespace introspectd::system_test
