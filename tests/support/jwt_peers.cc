#include "support/jwt_peers.h"

#include "fmt/format.h"
#include "support/world.h"

namespace introspectd::support {

const std::vector<std::string>& JwtAlgorithms() {
  static const std::vector<std::string> all = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                               "PS512", "ES256", "ES384", "ES512", "EdDSA"};
  return all;
}

std::string JwtMint::Token(std::string_view request) {
  return MemberOf(peer_.Ask(WithTimes(request)), "token");
}

std::string JwtMint::Signed(std::string_view alg, std::string_view claims,
                            std::string_view header) {
  return Token(fmt::format(R"({{"alg":"{}","header":{},"claims":{}}})", alg, header, claims));
}

std::string JwtMint::Pem(std::string_view alg) {
  return MemberOf(peer_.Ask(fmt::format(R"({{"export":"{}"}})", alg)), "pem");
}

std::string JwtMint::AttackersJwk(std::string_view alg) {
  return MemberOf(peer_.Ask(fmt::format(R"({{"export":"{}","key":"attacker"}})", alg)), "jwk");
}

}  // namespace introspectd::support
