#include "support/world.h"

#include <chrono>

#include "fmt/format.h"
#include "text/ascii.h"
#include "text/json_writer.h"

namespace introspectd::support {

namespace {

std::string Quoted(std::string_view s) {
  std::string out;
  text::AppendJsonString(s, out);
  return out;
}

}  // namespace

std::int64_t StartSeconds() {
  static const auto start = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::floor<std::chrono::seconds>(start).count();
}

std::string WithTimes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool time = text.size() > 2 && text[0] == '@' && (text[1] == '+' || text[1] == '-') &&
                      text::IsDigit(text[2]);
    if (!time) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const bool before = text[1] == '-';
    std::size_t end = 2;
    while (end < text.size() && text::IsDigit(text[end])) ++end;
    const std::int64_t offset = *text::ParseInteger(text.substr(2, end - 2));
    out += std::to_string(StartSeconds() + (before ? -offset : offset));
    text.remove_prefix(end);
  }
  return out;
}

std::string ExampleClaims() {
  return WithTimes(
      R"({"client_id":"l238j323ds-23ij4","username":"jdoe","scope":"read write dolphin",)"
      R"("sub":"Z5O3upPC88QrAjx00dis","aud":["https://protected.example.net/resource"],)"
      R"("iss":"https://server.example.com/","exp":@+3600,"iat":@-60,"token_type":"Bearer",)"
      R"("extension_field":"twenty-seven","extended_claims":{}})");
}

std::string ExampleAnswer() { return R"({"active":true,)" + ExampleClaims().substr(1); }

std::string Upsert(std::string_view token, std::string_view claims) {
  return fmt::format(R"({{"op":"upsert","token":{},"claims":{}}})", Quoted(token), claims) + "\n";
}

std::string Revoke(std::string_view token) {
  return fmt::format(R"({{"op":"revoke","token":{}}})", Quoted(token)) + "\n";
}

std::string ClientTable(std::string_view id, std::string_view secret_line, std::string_view more) {
  return fmt::format(
      "[[clients]]\nid = {}\n{}\nauth = [\"client_secret_basic\", "
      "\"client_secret_post\"]\n{}\n",
      Quoted(id), secret_line, more);
}

std::string GatewayLike(std::string_view id, std::string_view secret) {
  return ClientTable(id, "secret = " + Quoted(secret), "audiences = [\"*\"]\nissuers = [\"*\"]");
}

std::string ConfigText::Text() const {
  std::string out = fmt::format("[server]\nlisten = [{}]\n{}\n", listen, server);
  out += fmt::format("[admin]\nlisten = [{}]\n", admin_listen);
  if (with_admin_token) {
    out += fmt::format(
        "[[admin.tokens]]\nname = \"operator\"\ntoken = \"{}\"\n"
        "scopes = [\"push\", \"export\", \"sync\", \"explain\", \"status\"]\nissuers = [\"*\"]\n",
        kAdminToken);
  }
  out += fmt::format("[introspection]\nissuer = \"{}\"\n{}\n", kIssuer, introspection);
  out += fmt::format("[storage]\ndirectory = \"{}\"\n{}\n", directory, storage);
  out += "[log]\nlevel = \"debug\"\n";
  if (!limits.empty()) out += fmt::format("[limits]\n{}\n", limits);
  if (with_gateway) out += GatewayLike(kGateway, kGatewaySecret);
  return out + tables;
}

}  // namespace introspectd::support
