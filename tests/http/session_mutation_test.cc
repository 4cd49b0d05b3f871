// What must hold whatever the bytes are: the outcome does not depend on how they were cut; every
// request is answered once and in order; nothing is said behind a close; and no request is seen
// where llhttp, alone and over the whole of the bytes, does not see the same one.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/mutator.h"
#include "http/session_properties.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

constexpr int kConversations = 30'000;

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
    if (Disagree(bytes, SmallLimits())) {
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
