// A case of the contract: the bytes of one request, and all that may be said about its answer.
//
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/request.h"

namespace introspectd::conformance {

using support::Request;

// What must come back. Beyond what is said here every answer has exactly the header fields of
// contract 3, and the length that it says.
struct Expectation {
  int status = 200;
  std::string body = "";       // exact; "" = an error as RFC 6749 5.2 writes them
  std::string error = "";      // of such an error; "" = any code
  std::string challenge = "";  // how WWW-Authenticate begins
  bool closes = false;
  bool continues = false;        // 100 Continue comes first
  bool says_keep_alive = false;  // as HTTP/1.0 needs it
  bool may_be_silent = false;    // closing without an answer is as good

  Expectation Closing() const { return With(&Expectation::closes); }
  Expectation Continuing() const { return With(&Expectation::continues); }
  Expectation SayingKeepAlive() const { return With(&Expectation::says_keep_alive); }
  Expectation OrSilence() const { return With(&Expectation::may_be_silent); }

 private:
  Expectation With(bool Expectation::*flag) const {
    Expectation copy = *this;
    copy.*flag = true;
    return copy;
  }
};

// Answers that end the connection.
Expectation Malformed();         // 400: what follows is not a request any more
Expectation Closed(int status);  // refused on the head, or for good

// Answers that keep it.
Expectation Active(std::string_view answer);
Expectation Example();  // the whole answer for the example token
Expectation Inactive();
Expectation Refused(int status);  // with any error code
Expectation BadRequest(std::string_view error = "invalid_request");
Expectation Unauthorized();

// Sources: a section of an RFC or of the contract; a CVE; a bug that the HTTP Garden found in some
// server; a test of llhttp; or a row of the project's list of bad inputs: Hnn framing, Lnn limits,
// Inn introspection, Ann authentication.
struct Case {
  std::string name;    // unique
  std::string source;  // what asks for it: see below
  std::string request;
  Expectation answer;
  bool truncated = false;  // after it the client ends its side

  Case(std::string_view name, std::string_view source, std::string request, Expectation answer,
       bool truncated = false);
  Case(std::string_view name, std::string_view source, const Request& request, Expectation answer,
       bool truncated = false);
};

inline constexpr bool kTruncated = true;

using Cases = std::vector<Case>;

// The tables, by topic.
Cases RequestLineCases();
Cases RoutingCases();
Cases HeaderCases();
Cases LengthCases();
Cases ChunkCases();
Cases TrailerCases();
Cases ConnectionCases();
Cases ExpectCases();
Cases LimitCases();
Cases OrderCases();
Cases FormCases();
Cases ParameterCases();
Cases BasicCases();
Cases PostCases();
Cases BearerCases();
Cases TokenCases();
Cases VisibilityCases();

struct Topic {
  std::string_view name;
  Cases (*cases)();
};
const std::vector<Topic>& Topics();

}  // namespace introspectd::conformance
