#include "system/node.h"

#include <gtest/gtest.h>

#include "text/form.h"

namespace introspectd::system_test {

using support::kAdminToken;
using support::kExampleToken;
using support::kGatewaySecret;

Node::Node(std::string_view config, std::optional<std::uint64_t> open_files_max)
    : process_(config, open_files_max),
      admin_(process_.port(Plane::kAdmin), std::string(kAdminToken)) {
  KeepSecret("the gateway's secret", kGatewaySecret);
  KeepSecret("the operator's token", kAdminToken);
  KeepSecret("the example token", kExampleToken);
}

Node::~Node() {
  if (process_.Running()) {
    EXPECT_EQ(process_.Stop(), 0) << process_.log();
  }
  std::vector<std::string> leaks =
      secrets_.Find("answers of the control plane", admin_.transcript());
  for (const std::string& leak :
       secrets_.FindInFiles(process_.directory().path(), {std::string(support::kConfigFile)})) {
    leaks.push_back(leak);
  }
  for (const std::string& leak : leaks) ADD_FAILURE() << "a secret in " << leak;
}

AdminClient Node::AdminAs(std::string token) const {
  return {process_.port(Plane::kAdmin), std::move(token)};
}

Connection Node::Connect(const std::string& from) const {
  return Connection::ToPort(process_.port(Plane::kData), from);
}

Response Node::Ask(const Request& request) const { return Connect().Ask(request.Bytes()); }

std::string Node::Introspect(std::string_view token) const {
  return Ask({.body = "token=" + text::EncodeForm(token)}).body;
}

bool Node::IsActive(std::string_view token) const {
  return Introspect(token).starts_with(R"({"active":true,)");
}

int Node::StatusOf(Plane plane, std::string_view target) const {
  const std::string request = "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  return Connection::ToPort(process_.port(plane)).Ask(request).status;
}

std::string GoodClaims(std::string_view further_members) {
  return support::WithTimes("{" + std::string(further_members) + R"("exp":@+3600})");
}

std::string GoodAnswer(std::string_view further_members) {
  return support::WithTimes(R"({"active":true,)" + std::string(further_members) +
                            R"("exp":@+3600,"token_type":"Bearer","extended_claims":{}})");
}

}  // namespace introspectd::system_test
