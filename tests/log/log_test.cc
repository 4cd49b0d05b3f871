#include "log/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "json/document.h"
#include "support/temp_dir.h"

namespace introspectd::log {
namespace {

using std::string_literals::operator""s;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z";

class LogTest : public testing::Test {
 protected:
  void OpenFile(LogFormat format, LogLevel level = LogLevel::kDebug) {
    const LogConfig config{.level = level, .format = format, .target = file_.string()};
    ASSERT_TRUE(Open(config).ok());
  }
  void TearDown() override { ASSERT_TRUE(Open({}).ok()); }  // back to stderr

  std::string Text() const { return support::ReadFile(file_); }
  // The one line that `write` writes, without its end.
  template <class Write>
  std::string LineOf(Write write) {
    const std::size_t before = Text().size();
    write();
    std::string line = Text().substr(before);
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    EXPECT_THAT(line, EndsWith("\n"));
    line.pop_back();
    return line;
  }

  support::TempDir directory_;
  const std::filesystem::path file_ = directory_.path() / "log";
};

// What somebody else may put into a field.
const std::vector<std::string>& Nasty() {
  static const std::vector<std::string> nasty{
      "a\r\nlevel=fatal",
      "a\nb",
      "\x1b[31mred\x1b[0m",
      "\"quoted\" and \\",
      "",
      " ",
      "a=b c=d",
      "\0"s,
      "\t",
      "{}",
      "{0}%v%n",
      "\xc3\xa9",
      "\xe2\x80\xa8",  // U+2028
      "\xc2\x9b"
      "31m",  // CSI in one character
      "\xe2\x80\xae"
      "fatal",  // from right to left
      "\x7f",
  };
  return nasty;
}

TEST_F(LogTest, ATextLineIsTimeLevelEventAndFields) {
  OpenFile(LogFormat::kText);
  EXPECT_THAT(LineOf([] {
                Info("started", {{"workers", std::uint64_t{2}}, {"ready", "yes"}});
              }),
              MatchesRegex(std::string(kTime) + " info started workers=2 ready=yes"));
  EXPECT_THAT(LineOf([] { Warning("it rains"); }),
              MatchesRegex(std::string(kTime) + " warning it rains"));
}

TEST_F(LogTest, AJsonLineIsAnObject) {
  OpenFile(LogFormat::kJson);
  EXPECT_THAT(
      LineOf([] {
        Error("oops", {{"n", std::uint64_t{7}}, {"path", "/v1"}});
      }),
      MatchesRegex("[{]\"time\":\"" + std::string(kTime) +
                   "\",\"level\":\"error\",\"event\":\"oops\",\"n\":7,\"path\":\"/v1\"[}]"));
  EXPECT_THAT(LineOf([] { Info("bare"); }), HasSubstr("\"level\":\"info\",\"event\":\"bare\"}"));
}

TEST_F(LogTest, NoValueBreaksALineOfText) {
  OpenFile(LogFormat::kText);
  for (const std::string& value : Nasty()) {
    const std::string line = LineOf([&] { Info("call", {{"client", value}, {"end", "x"}}); });
    EXPECT_THAT(line, EndsWith(" end=x"));
    EXPECT_TRUE(std::ranges::none_of(line, [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    })) << testing::PrintToString(line);
    // Quoted, so that nothing in it looks like a field of its own.
    EXPECT_THAT(line, HasSubstr(" client=\"")) << testing::PrintToString(value);
  }
}

TEST_F(LogTest, NoValueBreaksALineOfJson) {
  OpenFile(LogFormat::kJson);
  json::Parser parser(16'384, 4);
  for (const std::string& value : Nasty()) {
    const std::string line = LineOf([&] { Info("call", {{"client", value}, {"end", "x"}}); });
    ASSERT_EQ(parser.ParseObject(line), json::Error::kNone) << line;
    ASSERT_EQ(parser.members().size(), 5u);
    EXPECT_EQ(parser.members()[3].name, "client");
    EXPECT_EQ(parser.members()[3].value.string, value);
    EXPECT_TRUE(std::ranges::none_of(line, [](char c) {
      return static_cast<unsigned char>(c) < 0x20;
    })) << testing::PrintToString(line);
  }
}

// Each is what an administrator's terminal, or a program that reads the log, must not be given.
TEST_F(LogTest, NothingOfAValueIsActedUpon) {
  const std::string kForbidden[] = {"\x1b",         "\r",           "\x7f", "\xc2\x9b",
                                    "\xe2\x80\xa8", "\xe2\x80\xae", "\xff"};
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    OpenFile(format);
    for (const std::string& bad : kForbidden) {
      const std::string line = LineOf([&] { Info("call", {{"kid", "a" + bad + "b"}}); });
      EXPECT_EQ(line.find(bad), std::string::npos) << testing::PrintToString(line);
      EXPECT_THAT(line, testing::ContainsRegex("\"a.*b\"")) << testing::PrintToString(line);
    }
  }
}

TEST_F(LogTest, WhatIsNoUtf8StillIsALineOfJson) {
  OpenFile(LogFormat::kJson);
  json::Parser parser(16'384, 4);
  for (const std::string& value : {"\xff\xfe"s, "a\xc3"s, "\xed\xa0\x80"s}) {
    const std::string line = LineOf([&] { Info("call", {{"client", value}}); });
    EXPECT_EQ(parser.ParseObject(line), json::Error::kNone) << testing::PrintToString(line);
  }
}

TEST_F(LogTest, AVeryLongValueIsCut) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    for (const std::string& piece : {"x"s, "\n"s, "\xe6\xbc\xa2"s}) {
      OpenFile(format);
      std::string value;
      while (value.size() < 1 << 20) value += piece;
      const std::string line = LineOf([&] { Error("oops", {{"error", value}, {"end", "x"}}); });
      EXPECT_LT(line.size(), 8'000u);
      EXPECT_THAT(line, HasSubstr(" bytes more)\""));
      EXPECT_THAT(line, HasSubstr("end"));
    }
  }
}

TEST_F(LogTest, PlainWordsStayPlain) {
  OpenFile(LogFormat::kText);
  EXPECT_THAT(LineOf([] {
                Info("listening", {{"address", "[::1]:8080"}, {"path", "/a-b_c.d"}});
              }),
              EndsWith(" listening address=[::1]:8080 path=/a-b_c.d"));
}

TEST_F(LogTest, WhatIsBelowTheLevelIsNotWritten) {
  OpenFile(LogFormat::kText, LogLevel::kWarning);
  Debug("no");
  Info("no");
  EXPECT_EQ(Text(), "");
  Warning("yes");
  Error("yes");
  const std::string text = Text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
}

TEST_F(LogTest, IsAppendedTo) {
  OpenFile(LogFormat::kText);
  Info("one");
  OpenFile(LogFormat::kText);
  Info("two");
  EXPECT_THAT(Text(), testing::AllOf(HasSubstr(" one\n"), HasSubstr(" two\n")));
}

TEST_F(LogTest, ATargetThatCannotBeOpenedIsAnError) {
  const absl::Status status = Open({.target = directory_.path().string()});
  ASSERT_FALSE(status.ok());
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("log.target: " + directory_.path().string()));
  EXPECT_THAT(message, HasSubstr("cannot be opened for writing"));
}

// A pipe that nobody reads from.
class BlockedLogTest : public LogTest {
 protected:
  BlockedLogTest() {
    EXPECT_EQ(mkfifo(file_.c_str(), 0600), 0);
    reader_ = open(file_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~BlockedLogTest() override { close(reader_); }

  // Everything that is in it.
  std::string Drain() const {
    std::string all;
    std::array<char, 65'536> buffer;
    for (ssize_t size; (size = read(reader_, buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

  int reader_ = -1;
};

TEST_F(BlockedLogTest, LinesThatNobodyTakesAreDroppedCountedAndTold) {
  OpenFile(LogFormat::kText);
  const std::string pad(300, 'p');
  std::uint64_t written = 0;
  while (Dropped() == 0) Info("call", {{"n", ++written}, {"pad", pad}});
  for (int i = 0; i < 9; ++i) Info("call", {{"n", ++written}, {"pad", pad}});
  EXPECT_EQ(Dropped(), 10u);
  const std::string before = Drain();
  EXPECT_EQ(std::ranges::count(before, '\n'), static_cast<std::ptrdiff_t>(written) - 10);
  EXPECT_THAT(before, EndsWith(pad + "\n")) << "no line is cut";
  Info("again");
  EXPECT_THAT(Drain(), MatchesRegex(".* info again\n.* warning log lines were dropped lines=10\n"));
  Info("and again");
  EXPECT_THAT(Drain(), EndsWith(" info and again\n"));
  EXPECT_EQ(Dropped(), 10u);
}

// A line longer than a pipe takes at once (PIPE_BUF) may be cut: what follows waits for its rest.
TEST_F(BlockedLogTest, ALongLineIsFinishedBeforeTheNext) {
  OpenFile(LogFormat::kText);
  const std::string pad(2'000, 'p');
  while (Dropped() == 0) Info("call", {{"a", pad}, {"b", pad}, {"c", pad}, {"d", pad}});
  std::string all = Drain();
  Info("next");
  all += Drain();
  for (std::size_t at = 0, end; at < all.size(); at = end + 1) {
    end = all.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_THAT(all.substr(at, end - at),
                testing::AnyOf(EndsWith(" c=" + pad + " d=" + pad), EndsWith(" info next"),
                               HasSubstr("log lines were dropped")));
  }
}

TEST_F(LogTest, LinesOfSeveralThreadsAreNotMixed) {
  OpenFile(LogFormat::kText);
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int line = 0; line < 200; ++line)
        Info("call", {{"thread", i}, {"pad", "xxxxxxxxxxxxxxx"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::size_t lines = 0;
  const std::string text = Text();
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = text.find('\n', at);
    EXPECT_THAT(text.substr(at, end - at),
                MatchesRegex(std::string(kTime) + " info call thread=[0-3] pad=x{15}"));
    at = end + 1;
  }
  EXPECT_EQ(lines, 800u);
}

}  // namespace
}  // namespace introspectd::log
