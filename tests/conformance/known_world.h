// What the server of the conformance tests is told before the first case: its clients, its tokens.
//
// Threads: immutable functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/leak_scan.h"

namespace introspectd::conformance {

// Clients beside the gateway, and their secrets.
inline constexpr std::string_view kLimitedSecret = "limited-S3cret-8fWq";
inline constexpr std::string_view kOwnSecret = "own-S3cret-Jd62ka";
inline constexpr std::string_view kMembersSecret = "members-S3cret-77yd";
inline constexpr std::string_view kBasicOnlySecret = "basic-only-S3cret-2n";
inline constexpr std::string_view kPostOnlySecret = "post-only-S3cret-9h";
inline constexpr std::string_view kLenientSecret = "ignores-hints-S3cret-4";
inline constexpr std::string_view kRefusesRefreshSecret = "refuses-refresh-S3cret-6";
inline constexpr std::string_view kTellsUnknownSecret = "tells-unknown-S3cret-3";
inline constexpr std::string_view kPercentSecret = "p%41ss%2Fw0rd%zz-long";
inline constexpr std::string_view kPlusSecret = "a+b c+d, plus secret";
inline constexpr std::string_view kColonSecret = "colon:in:the:secret:";
inline constexpr std::string_view kUtf8Secret =
    "gehe\xc3\xafm-\xd0\xbf\xd0\xb0\xd1\x80-\xe2\x82\xac";
inline constexpr std::string_view kLongSecret =
    "a-secret-of-one-hundred-bytes-which-shares-its-first-72-bytes-with-the-wrong-one-"
    "A7f3Kq9Zx2Lm5Np8sTd";
static_assert(kLongSecret.size() == 100);
inline constexpr std::string_view kUrlClient = "https://rs.example.net:8443/api";
inline constexpr std::string_view kUrlClientSecret = "url-client-S3cret-5t";

// Where this is, as bearers know it; their client is "bearer".
inline constexpr std::string_view kEndpoint = "https://introspect.example.com/introspect";

// The client and the token of the request in RFC 7662 2.1.
inline constexpr std::string_view kRfcClient = "s6BhdRkqt3";
inline constexpr std::string_view kRfcClientSecret = "gX1fBat3bV";
inline constexpr std::string_view kRfcToken = "mF_9.B5f-4.1JqM";

struct KnownToken {
  std::string_view name;
  std::string token;
  std::string claims;  // as pushed
  std::string answer;  // to a client that may see all; "" = inactive
};

// Every token that is pushed, whether or not it is any good afterwards.
const std::vector<KnownToken>& KnownTokens();
const KnownToken& KnownTokenNamed(std::string_view name);

std::string Configuration();

// NDJSON: the tokens, and what revokes some of them.
std::string Updates();

// All secrets and tokens above.
support::LeakScan Secrets();

}  // namespace introspectd::conformance
