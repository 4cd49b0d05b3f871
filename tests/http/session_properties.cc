#include "http/session_properties.h"

#include <gtest/gtest.h>
#include <llhttp/llhttp.h>

#include <utility>
#include <vector>

#include "http/gate.h"
#include "http/referee.h"

namespace introspectd::http {

namespace {

// The requests that llhttp finds, on its own.
class LoneParser {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::string body;
  };

  explicit LoneParser(std::string_view bytes) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = [](llhttp_t* parser, const char* at, std::size_t size) {
      Self(parser).target_.append(at, size);
      return 0;
    };
    settings.on_headers_complete = [](llhttp_t* parser) {
      LoneParser& self = Self(parser);
      const auto method = static_cast<llhttp_method_t>(parser->method);
      self.requests.push_back({llhttp_method_name(method), std::exchange(self.target_, {}), ""});
      return 0;
    };
    settings.on_body = [](llhttp_t* parser, const char* at, std::size_t size) {
      Self(parser).requests.back().body.append(at, size);
      return 0;
    };
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = this;
    error = llhttp_execute(&parser, bytes.data(), bytes.size());
  }

  std::vector<Request> requests;
  llhttp_errno_t error = HPE_OK;

 private:
  static LoneParser& Self(llhttp_t* parser) { return *static_cast<LoneParser*>(parser->data); }
  std::string target_;
};

// As the scripted handler writes it down.
bool IsSame(const std::string& asked, const LoneParser::Request& seen) {
  const std::string path = seen.target.substr(0, seen.target.find('?'));
  return asked == seen.method + " " + path ||
         asked == seen.method + " " + seen.target + " " + seen.body;
}

}  // namespace

void ExpectSeenByLlhttp(std::string_view bytes, const Outcome& outcome) {
  const LoneParser lone(bytes);
  for (std::size_t i = 0; i < outcome.asked.size(); ++i) {
    // It has no name for such a method, and the connection ends behind it.
    const std::string& asked = outcome.asked[i];
    if (!Referee::Knows(asked.substr(0, asked.find(' ')))) {
      EXPECT_EQ(i + 1, outcome.asked.size());
      EXPECT_TRUE(outcome.closing);
      return;
    }
    // Nor can it count as far as some lengths go; those end the connection as well.
    if (i == lone.requests.size() && lone.error == HPE_INVALID_CONTENT_LENGTH) {
      EXPECT_EQ(i + 1, outcome.asked.size());
      EXPECT_TRUE(outcome.closing);
      return;
    }
    ASSERT_LT(i, lone.requests.size()) << "llhttp sees no request " << i << ": " << asked;
    // It refuses chunk extensions that are good, and then sees no more.
    const bool last = i + 1 == lone.requests.size();
    if (last && lone.error != HPE_OK && bytes.find(';') != std::string_view::npos) return;
    EXPECT_TRUE(IsSame(asked, lone.requests[i]))
        << "llhttp sees " << lone.requests[i].method << " " << lone.requests[i].target << " "
        << lone.requests[i].body;
  }
}

void ExpectAnsweredOnce(const SessionRig& rig) {
  const Outcome outcome = rig.outcome();
  std::vector<int> statuses = StatusesOf(outcome);
  std::erase(statuses, 100);
  EXPECT_EQ(statuses.size(), outcome.asked.size() + rig.handler.refused.size());
  EXPECT_LE(rig.handler.refused.size(), 1u);
  if (!rig.handler.refused.empty()) {
    EXPECT_EQ(statuses.back(), rig.handler.refused.back());
    EXPECT_TRUE(outcome.closing);
  }
  const std::size_t close = outcome.said.find("\r\nConnection: close\r\n");
  if (close == std::string::npos) return;
  EXPECT_TRUE(outcome.closing);
  EXPECT_EQ(outcome.said.find("\r\nHTTP/1.1 ", close), std::string::npos);
}

bool Disagree(std::string_view bytes, const HttpLimits& limits) {
  Gate gate(limits);
  if (gate.Feed(bytes) != Gate::Step::kDone) return false;
  const Head head = gate.head(bytes);
  Referee referee;
  return Referee::Knows(head.method) && !head.endless() &&
         !referee.AgreesOnHead(bytes.substr(0, head.size), head);
}

}  // namespace introspectd::http
