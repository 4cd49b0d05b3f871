#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/requests.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::uint64_t kNoted = 7;  // by the handler, whenever it answers

class KnownHeadTest : public testing::Test {
 protected:
  // How often OnHead was asked since the last call.
  std::size_t Heads() { return std::exchange(rig_.handler.heads, {}).size(); }

  SessionRig rig_;
};

TEST_F(KnownHeadTest, IsNotParsedAgainAndItsNoteIsKept) {
  rig_.Send(Post("/again", "one"));
  EXPECT_EQ(Heads(), 1u);
  rig_.Send(Post("/again", "two"));
  rig_.Send(Post("/again", "3rd") + Post("/again", "4th"));
  EXPECT_EQ(Heads(), 0u);
  EXPECT_THAT(rig_.handler.asked, ElementsAre("POST /again one", "POST /again two",
                                              "POST /again 3rd", "POST /again 4th"));
  EXPECT_THAT(rig_.handler.notes, ElementsAre(0, kNoted, kNoted, kNoted));
}

// OnHead may have done something that must be done for every request: only the handler knows.
TEST_F(KnownHeadTest, IsAskedAboutAgainUnlessTheHandlerSaysOtherwise) {
  rig_.Send(Post("/echo", "one"));
  rig_.Send(Post("/echo", "two"));
  rig_.Send(Get("/now"));
  rig_.Send(Post("/echo", "3rd"));
  EXPECT_EQ(Heads(), 4u);
  EXPECT_THAT(rig_.TakeStatuses(), ElementsAre(200, 200, 200, 200));
}

TEST_F(KnownHeadTest, IsTheWholeHeadAndNothingLess) {
  rig_.Send(Post("/again", "one"));
  for (const std::string& other :
       {Post("/again", "four"), Post("/again", "one", "X: y\r\n"), Post("/again?", "one"),
        Get("/again", "content-length: 3\r\n", "POST") + "one"}) {
    Heads();
    rig_.Send(other);
    EXPECT_EQ(Heads(), 1u) << other;
    rig_.Send(Post("/again", "one"));
    EXPECT_EQ(Heads(), 1u) << "the head before was another one";
  }
  for (const std::uint64_t note : rig_.handler.notes) EXPECT_EQ(note, 0u);
}

// The same up to where the known one ends its fields.
TEST_F(KnownHeadTest, AHeadThatBeginsLikeItAndGoesOnIsAnother) {
  const std::string known = Get("/again", "Content-Length: 3\r\n", "POST");
  rig_.Send(known + "one");
  Heads();
  rig_.Send(known.substr(0, known.size() - 2) + "Connection: close\r\n\r\ntwo");
  EXPECT_EQ(Heads(), 1u);
  EXPECT_TRUE(rig_.session.closing());
}

TEST_F(KnownHeadTest, SurvivesOtherRequests) {
  rig_.Send(Post("/again", "one"));
  rig_.Send(Get("/now") + PostChunked("/stream", "lines") + Get("/source"));
  Heads();
  rig_.Send(Post("/again", "two"));
  EXPECT_EQ(Heads(), 0u);
  EXPECT_EQ(rig_.handler.asked.back(), "POST /again two");
  EXPECT_EQ(rig_.handler.notes.back(), kNoted);
}

TEST_F(KnownHeadTest, IsForgottenWithItsConnection) {
  rig_.Send(Post("/again", "one"));
  rig_.session.Open(3, 6, rig_.now);
  Heads();
  rig_.Send(Post("/again", "two"));
  EXPECT_EQ(Heads(), 1u);
  EXPECT_THAT(rig_.handler.notes, ElementsAre(0, 0));
}

TEST_F(KnownHeadTest, ANoteOfOneHeadIsNotThatOfAnother) {
  rig_.Send(Post("/again", "one", "Authorization: Basic YQ==\r\n"));
  rig_.Send(Post("/again", "one", "Authorization: Basic Yg==\r\n"));
  rig_.Send(PostChunked("/again", "one"));
  EXPECT_THAT(rig_.handler.notes, ElementsAre(0, 0, 0));
}

// A chunked body, Expect, empty lines before, or a connection that ends: taken the long way.
TEST_F(KnownHeadTest, OnlyPlainHeadsAreKnown) {
  for (const std::string& request :
       {PostChunked("/again", "x"), Post("/again", "x", "Expect: 100-continue\r\n"),
        "\r\n" + Post("/again", "x"), Get("/again", "", "POST")}) {
    rig_.Send(request);
    Heads();
    rig_.Send(request);
    EXPECT_EQ(Heads(), 1u) << request;
  }
}

// Warm or cold, whole or cut: the same answers.
TEST_F(KnownHeadTest, GivesWhatAColdParseGives) {
  const std::string first = Post("/again", "warm up");
  for (const std::string& second :
       {Post("/again", "another"), Post("/again", "longer than it"), PostChunked("/again", "x"),
        first + first + Get("/now") + first, Post("/again", "closing", "Connection: close\r\n"),
        first.substr(0, first.size() - 3), Post("/echo", "warm up")}) {
    SCOPED_TRACE(second);
    const Outcome cold = Converse({second});
    for (std::size_t cut = 1; cut < second.size(); ++cut) {
      SessionRig rig;
      rig.Send(first);
      rig.Take();
      rig.handler.asked.clear();
      for (const std::string_view piece : CutAt(second, {cut})) rig.Send(piece);
      EXPECT_EQ(rig.outcome(), cold) << "cut at " << cut;
    }
  }
}

TEST_F(KnownHeadTest, MayWaitAndItsBodyMayComeLater) {
  const std::string later = Post("/later", "0123456789");
  SessionRig rig;
  rig.Send(later);
  rig.Send(later.substr(0, later.size() - 4));
  EXPECT_THAT(rig.handler.asked, SizeIs(1));
  rig.Send(later.substr(later.size() - 4));
  EXPECT_THAT(rig.handler.asked, ElementsAre("POST /later 0123456789", "POST /later 0123456789"));
}

}  // namespace
}  // namespace introspectd::http
