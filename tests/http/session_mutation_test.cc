// What must hold whatever the bytes are: the outcome does not depend on how they were cut; every
// request is answered once and in order; nothing is said behind a close; and no request is seen
// where llhttp, alone and over the whole of the bytes, does not see the same one.

#include <gtest/gtest.h>
#include <llhttp/llhttp.h>

#include <string>
#include <vector>

#include "http/gate.h"
#include "http/mutator.h"
#include "http/referee.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

constexpr int kConversations = 30'000;

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

void ExpectSeenByLlhttp(const std::string& bytes, const Outcome& outcome) {
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
    if (last && lone.error != HPE_OK && bytes.find(';') != std::string::npos) return;
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

// Whether gate and referee disagree about the first head; the answer is then 400.
bool Disagree(const std::string& bytes) {
  static const HttpLimits limits = SmallLimits();
  Gate gate(limits);
  if (gate.Feed(bytes) != Gate::Step::kDone) return false;
  const Head head = gate.head(bytes);
  Referee referee;
  return Referee::Knows(head.method) && !head.endless() &&
         !referee.AgreesOnHead(std::string_view(bytes).substr(0, head.size), head);
}

TEST(SessionMutationTest, HoldsWhateverTheBytesAre) {
  int disagreements = 0;
  std::size_t answered = 0;
  for (int i = 0; i < kConversations && !HasFailure(); ++i) {
    Mutator mutator(static_cast<std::uint64_t>(i));
    const std::string bytes = mutator.Conversation();
    SCOPED_TRACE("seed " + std::to_string(i) + ": " + testing::PrintToString(bytes));
    SessionRig rig;
    rig.Send(bytes);
    const Outcome whole = rig.outcome();
    ExpectAnsweredOnce(rig);
    ExpectSeenByLlhttp(bytes, whole);
    answered += whole.asked.size();

    std::vector<std::size_t> everywhere;
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) everywhere.push_back(cut);
    EXPECT_EQ(Converse(CutAt(bytes, everywhere)), whole) << "byte by byte";
    EXPECT_EQ(Converse(CutAt(bytes, mutator.Cuts(bytes.size()))), whole);
    EXPECT_EQ(Converse(CutAt(bytes, mutator.Cuts(bytes.size())), SmallLimits(), 3), whole);
    if (Disagree(bytes)) {
      ++disagreements;
      EXPECT_EQ(StatusesOf(whole), std::vector{400});
    }
  }
  RecordProperty("disagreements", disagreements);
  EXPECT_GT(disagreements, 0) << "the corpus has some";
  EXPECT_GT(answered, static_cast<std::size_t>(kConversations) / 2) << "most must get somewhere";
}

// The same with a connection that has a known head already.
TEST(SessionMutationTest, AKnownHeadChangesNothing) {
  const std::string first = "POST /again HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntoken=abc";
  for (int i = 0; i < kConversations / 4 && !HasFailure(); ++i) {
    Mutator mutator(static_cast<std::uint64_t>(kConversations + i));
    const std::string bytes = mutator.Conversation();
    SCOPED_TRACE("seed " + std::to_string(kConversations + i) + ": " +
                 testing::PrintToString(bytes));
    const Outcome whole = Converse({first, bytes});
    EXPECT_EQ(Converse(CutAt(first + bytes, mutator.Cuts(first.size() + bytes.size()))), whole);
    Outcome cold = Converse({bytes});
    cold.asked.insert(cold.asked.begin(), whole.asked.front());
    EXPECT_EQ(cold.asked, whole.asked);
    EXPECT_EQ(cold.closing, whole.closing);
    EXPECT_TRUE(whole.said.ends_with(cold.said));
  }
}

}  // namespace
}  // namespace introspectd::http
