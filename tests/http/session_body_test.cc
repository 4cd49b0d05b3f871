#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/requests.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kBodyMax = 100;  // SmallLimits

std::string ChunkedHead(std::string_view target) {
  return Get(target, "Transfer-Encoding: chunked\r\n", "POST");
}

TEST(SessionBodyTest, ABodyAtItsLimitAndOneByteMore) {
  const std::string fits(kBodyMax, 'x');
  for (const std::string& bytes : {Post("/echo", fits), PostChunked("/echo", fits)}) {
    const Outcome outcome = ConverseAnyhow(bytes + Get("/now"));
    EXPECT_THAT(outcome.asked, ElementsAre("POST /echo " + fits, "GET /now"));
    EXPECT_FALSE(outcome.closing);
  }
  for (const std::string& bytes : {Post("/echo", fits + "x"), PostChunked("/echo", fits + "x")}) {
    const Outcome outcome = ConverseAnyhow(bytes + Get("/now"));
    EXPECT_THAT(StatusesOf(outcome), ElementsAre(413));
    EXPECT_THAT(outcome.asked, IsEmpty());
    EXPECT_TRUE(outcome.closing);
  }
}

// Its length, or the size of a chunk, says it before the bytes come.
TEST(SessionBodyTest, ABodyThatIsTooLongIsNotWaitedFor) {
  for (const char* length :
       {"101", "4294967297", "18446744073709551615", "99999999999999999999999"}) {
    SessionRig rig;
    rig.Send(Get("/echo", "Content-Length: " + std::string(length) + "\r\n", "POST"));
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(413)) << length;
  }
  for (const char* sizes : {"65\r\n", "ffffffffffffffff\r\n", "1\r\nx\r\n64\r\n"}) {
    SessionRig rig;
    rig.Send(ChunkedHead("/echo") + sizes);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(413)) << sizes;
  }
  SessionRig fits;
  fits.Send(ChunkedHead("/echo") + "64\r\n" + std::string(kBodyMax, 'x') + "\r\n");
  EXPECT_EQ(fits.Take(), "");
}

// The byte that is too many came before the one that is wrong.
TEST(SessionBodyTest, OfTwoFaultsTheFirstByteCounts) {
  const std::string much = ChunkedHead("/echo") + Chunk(std::string(90, 'x'));
  EXPECT_THAT(StatusesOf(ConverseAnyhow(much + "b\r\n" + std::string(11, 'x') + "XX")),
              ElementsAre(413));
  EXPECT_THAT(StatusesOf(ConverseAnyhow(much + "a\r\n" + std::string(10, 'x') + "XX")),
              ElementsAre(400));
  EXPECT_THAT(StatusesOf(ConverseAnyhow(much + "zz\r\n" + std::string(50, 'x'))), ElementsAre(400));
}

TEST(SessionBodyTest, AStreamedBodyHasNoLimit) {
  const std::string long_body(100 * kBodyMax, 'x');
  for (const std::string& bytes : {Post("/stream", long_body), PostChunked("/stream", long_body)}) {
    const Outcome outcome = Converse({bytes + Get("/now")});
    EXPECT_THAT(outcome.asked, ElementsAre("POST /stream " + long_body, "GET /now"));
  }
}

TEST(SessionBodyTest, AStreamThatPausesLosesNothing) {
  const std::string bytes =
      Post("/stream", "0123456789") + PostChunked("/stream", "abcdefghij") + Get("/now");
  const Outcome unpaused = ConverseAnyhow(bytes);
  for (std::size_t every = 1; every < 12; ++every) {
    ASSERT_EQ(ConverseAnyhow(bytes, SmallLimits(), every), unpaused) << every;
  }
}

TEST(SessionBodyTest, NothingIsReadWhileAStreamPauses) {
  SessionRig rig;
  rig.handler.pause_every = 4;
  rig.SendOnly(Get("/stream", "Content-Length: 8\r\n", "POST") + "0123");
  EXPECT_FALSE(rig.session.wants_input());
  EXPECT_EQ(rig.session.deadline_ms(), Session::kNoDeadline) << "it waits for us, not we for it";
  std::string out;
  rig.session.Receive("4567" + Get("/now"), rig.now, out);
  EXPECT_EQ(out, "");
  EXPECT_THAT(rig.handler.asked, IsEmpty());
}

TEST(SessionBodyTest, APausedStreamIsResumedByItsTicket) {
  SessionRig rig;
  rig.handler.pause_every = 4;
  rig.SendOnly(Get("/now"));
  rig.SendOnly(Get("/stream", "Content-Length: 8\r\n", "POST") + "01234567" + Get("/now"));
  rig.Resume({3, 5, 1}, Resumption::kRetry);
  EXPECT_THAT(rig.handler.asked, SizeIs(1)) << "the ticket of the request before";
  rig.Resume({3, 5, 2}, Resumption::kRetry);
  EXPECT_THAT(rig.handler.asked, ElementsAre("GET /now", "POST /stream 01234567", "GET /now"));
}

TEST(SessionBodyTest, ABodyInABodyIsNoRequest) {
  const std::string inner = Get("/now").substr(0, kBodyMax);
  for (const std::string path : {"/echo", "/again", "/stream", "/deferred"}) {
    EXPECT_THAT(ConverseAnyhow(Post(path, inner)).asked, SizeIs(1));
    EXPECT_THAT(ConverseAnyhow(PostChunked(path, inner)).asked, SizeIs(1));
  }
}

TEST(SessionBodyTest, ARequestThatIsCutShortIsNeverAsked) {
  for (const std::string& request :
       {Post("/echo", "0123456789"), PostChunked("/echo", "0123456789"), Post("/again", "x"),
        Post("/stream", "0123456789"), PostChunked("/stream", "0123456789"), Get("/now")}) {
    for (std::size_t size = 0; size < request.size(); ++size) {
      SessionRig rig;
      rig.Send(request.substr(0, size));
      rig.End();
      EXPECT_EQ(rig.outcome(), (Outcome{.said = "", .asked = {}, .closing = true}))
          << request << " cut behind " << size;
    }
  }
}

TEST(SessionBodyTest, AStreamThatEndsTooEarlyIsOver) {
  SessionRig rig;
  rig.handler.pause_every = 4;
  rig.SendOnly(Get("/stream", "Content-Length: 8\r\n", "POST") + "0123");
  std::string out;
  rig.session.ReceiveEnd(rig.now, out);
  EXPECT_FALSE(rig.session.closing()) << "the handler has not had its say yet";
  rig.Resume({3, 5, 1}, Resumption::kRetry);
  EXPECT_EQ(rig.outcome(), (Outcome{.said = "", .asked = {}, .closing = true}));
}

}  // namespace
}  // namespace introspectd::http
