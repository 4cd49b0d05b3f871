#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/wire.h"

namespace introspectd::support {
namespace {

using testing::HasSubstr;
using testing::Optional;

constexpr std::string_view kGoodAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b c \r\n\r\n{}";

TEST(ParseResponseTest, ReadsOneResponse) {
  const Parsed parsed = ParseResponse(std::string(kGoodAnswer) + "HTTP/1.1 404");
  ASSERT_EQ(parsed.progress, Progress::kComplete) << parsed.problem;
  EXPECT_EQ(parsed.size, kGoodAnswer.size());
  EXPECT_EQ(parsed.response.status, 200);
  EXPECT_EQ(parsed.response.body, "{}");
  EXPECT_THAT(parsed.response.Header("x-a"), Optional(std::string("b c")));
  EXPECT_EQ(parsed.response.Header("x-b"), std::nullopt);
}

TEST(ParseResponseTest, EveryPrefixIsIncomplete) {
  for (std::size_t size = 0; size < kGoodAnswer.size(); ++size) {
    EXPECT_EQ(ParseResponse(kGoodAnswer.substr(0, size)).progress, Progress::kIncomplete) << size;
  }
}

TEST(ParseResponseTest, TheAnswerToAHeadHasNoBody) {
  const Parsed parsed =
      ParseResponse("HTTP/1.1 405 No\r\nContent-Length: 99\r\n\r\n", {.to_head = true});
  ASSERT_EQ(parsed.progress, Progress::kComplete);
  EXPECT_EQ(parsed.response.body, "");
}

TEST(ParseResponseTest, ReadsChunksWhereTheyAreExpected) {
  constexpr std::string_view kChunks =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n";
  const Parsed parsed = ParseResponse(kChunks, {.chunks = true});
  ASSERT_EQ(parsed.progress, Progress::kComplete) << parsed.problem;
  EXPECT_EQ(parsed.response.body, "abc0123456789");
  EXPECT_EQ(parsed.size, kChunks.size());
  for (std::size_t size = 0; size < kChunks.size(); ++size) {
    EXPECT_EQ(ParseResponse(kChunks.substr(0, size), {.chunks = true}).progress,
              Progress::kIncomplete)
        << size;
  }
  EXPECT_EQ(ParseResponse(kChunks).progress, Progress::kMalformed);
}

struct Bad {
  std::string_view response;
  std::string_view problem;
};

TEST(ParseResponseTest, RefusesWhatIsNotStrictlyRight) {
  const Bad kBad[] = {
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "status line"},
      {"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "status line"},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "status line"},
      {"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "status line"},
      {"HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length: x"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length: -1"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n", "twice"},
      {"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", "header line"},
      {"HTTP/1.1 200 OK\r\n: 0\r\nContent-Length: 0\r\n\r\n", "header line"},
      {"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n", "header line"},
      {"HTTP/1.1 200 OK\r\nX: a\nb\r\nContent-Length: 0\r\n\r\n", "header line"},
  };
  for (const Bad& bad : kBad) {
    const Parsed parsed = ParseResponse(bad.response);
    EXPECT_EQ(parsed.progress, Progress::kMalformed) << bad.response;
    EXPECT_THAT(parsed.problem, HasSubstr(std::string(bad.problem))) << bad.response;
  }
}

}  // namespace
}  // namespace introspectd::support
