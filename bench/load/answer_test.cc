#include "load/answer.h"

#include <gtest/gtest.h>

#include <string>

namespace introspectd::load {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-LENGTH:  16 \r\n\r\n"
    "{\"active\":false}";

TEST(FindAnswerTest, TakesTheFirstOfTwo) {
  const std::string bytes = std::string(kAnswer) + "HTTP/1.1 401 Unauthorized\r\n";
  Answer answer;
  ASSERT_EQ(FindAnswer(bytes, answer), AnswerState::kWhole);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"active\":false}");
  EXPECT_EQ(answer.size, kAnswer.size());
}

TEST(FindAnswerTest, WaitsForTheRestAtEveryCut) {
  Answer answer;
  for (std::size_t cut = 0; cut < kAnswer.size(); ++cut) {
    EXPECT_EQ(FindAnswer(kAnswer.substr(0, cut), answer), AnswerState::kPartial) << cut;
  }
}

TEST(FindAnswerTest, TakesAnAnswerWithoutABody) {
  Answer answer;
  ASSERT_EQ(FindAnswer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", answer),
            AnswerState::kWhole);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "");
}

TEST(FindAnswerTest, KnowsAnAnswerThatAsksForPatience) {
  Answer answer;
  ASSERT_EQ(FindAnswer("HTTP/1.1 503 x\r\nretry-AFTER: 1\r\nContent-Length: 0\r\n\r\n", answer),
            AnswerState::kWhole);
  EXPECT_TRUE(answer.retry_after);
  ASSERT_EQ(FindAnswer("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", answer), AnswerState::kWhole);
  EXPECT_FALSE(answer.retry_after);
}

TEST(FindAnswerTest, RefusesWhatItDoesNotUnderstand) {
  Answer answer;
  for (const std::string_view bytes :
       {"SSH-2.0", "HTTP/2 200\r\n", "HTTP/1.1 abc OK\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n"}) {
    EXPECT_EQ(FindAnswer(bytes, answer), AnswerState::kMalformed) << bytes;
  }
}

TEST(RedisAnswerTest, IsAValueOrNothing) {
  Answer answer;
  ASSERT_EQ(FindRedisAnswer("$3\r\nabc\r\n$1", answer), AnswerState::kWhole);
  EXPECT_EQ(answer.body, "abc");
  EXPECT_EQ(answer.size, 9u);
  EXPECT_EQ(answer.status, 200);
  ASSERT_EQ(FindRedisAnswer("$-1\r\n", answer), AnswerState::kWhole);
  EXPECT_EQ(answer.body, "");
  ASSERT_EQ(FindRedisAnswer("-ERR no\r\n", answer), AnswerState::kWhole);
  EXPECT_EQ(answer.size, 9u);
  for (const char* part : {"", "$", "$3\r", "$3\r\nabc", "$3\r\nabc\r"}) {
    EXPECT_EQ(FindRedisAnswer(part, answer), AnswerState::kPartial) << part;
  }
  EXPECT_EQ(FindRedisAnswer("HTTP/1.1 200 OK\r\n", answer), AnswerState::kMalformed);
}

}  // namespace
}  // namespace introspectd::load
