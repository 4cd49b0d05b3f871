// Who and what the servers of the tests know, and how their configuration is written.
//
// Threads: immutable functions; values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace introspectd::support {

inline constexpr std::string_view kIssuer = "https://server.example.com/";
inline constexpr std::string_view kOtherIssuer = "https://issuer.example.org/";
inline constexpr std::string_view kResource = "https://protected.example.net/resource";

inline constexpr std::string_view kGateway = "gateway";  // sees every token
inline constexpr std::string_view kGatewaySecret = "4sG-gateway-secret-Qk7";
inline constexpr std::string_view kAdminToken = "adm1n-bearer-token-Vx92mPqL";

inline constexpr std::string_view kExampleToken = "2YotnFZFEjr1zCsicMWpAA";
inline constexpr std::string_view kUnknownToken = "never-issued-Zq81RtwLxp";

// The seconds since 1970 at which this process first asked.
std::int64_t StartSeconds();

// `text` with every "@+N" and "@-N" replaced by the time N seconds after or before the start.
std::string WithTimes(std::string_view text);

// What RFC 7662 says of its example token, as claims; valid for an hour.
std::string ExampleClaims();
// The answer to someone who may see all of it.
std::string ExampleAnswer();

inline constexpr std::string_view kInactive = R"({"active":false})";

// {"op":"upsert",...} and {"op":"revoke",...} with a newline.
std::string Upsert(std::string_view token, std::string_view claims);
std::string Revoke(std::string_view token);

// A configuration; what is not said is as follows or the server's default.
struct ConfigText {
  std::string listen = R"("127.0.0.1:0")";  // entries of the array
  std::string admin_listen = R"("127.0.0.1:0")";
  std::string server = "";         // further lines of [server]
  std::string introspection = "";  // ... of [introspection]
  std::string directory = "";      // of [storage]: in memory only
  std::string storage = "";        // further lines of it
  std::string limits = "";         // ... of [limits]
  std::string tables = "";         // further tables
  bool with_gateway = true;
  bool with_admin_token = true;

  std::string Text() const;
};

// [[clients]] that may know every token, unless `more` lines say otherwise.
std::string ClientTable(std::string_view id, std::string_view secret_line, std::string_view more);
std::string GatewayLike(std::string_view id, std::string_view secret);

}  // namespace introspectd::support
