#include "api/export_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "api/admin_plane.h"

namespace introspectd::api {
namespace {

using support::kAdminToken;
using support::Revoke;
using support::Upsert;
using support::WithTimes;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kExport = AdminRequest("GET", "/v1/tokens", kAdminToken);

std::string Load(const std::string& lines) {
  return PushRequest(lines, kAdminToken, "/v1/tokens?to=node");
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_NE(end, std::string::npos) << "every line has its end";
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// The lines between the first and the last, sorted: nobody promises an order.
std::vector<std::string> Content(const std::string& text) {
  std::vector<std::string> lines = LinesOf(text);
  EXPECT_GE(lines.size(), 2u);
  lines.erase(lines.begin());
  lines.pop_back();
  std::ranges::sort(lines);
  return lines;
}

std::string Everything() {
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += Upsert("token-" + std::to_string(i),
                    WithTimes(R"({"sub":"s)" + std::to_string(i) + R"(","exp":@+60})"));
  }
  return lines + Revoke("token-7") + Revoke("never-seen") +
         "{\"op\":\"revoke\",\"jti\":\"j\",\"iss\":\"https://server.example.com/\"}\n"
         "{\"op\":\"revoke\",\"sub\":\"s9\"}\n";
}

TEST(ExportTest, HasAFirstAndALastLine) {
  AdminPlane plane;
  const support::Response response = plane.Ask(kExport);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-type"), "application/x-ndjson");
  const std::vector<std::string> lines = LinesOf(response.body);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr("{\"op\":\"position\""));
  EXPECT_EQ(lines[1], "{\"op\":\"end\",\"lines\":0}");
}

TEST(ExportTest, HasEverythingThatIsAlive) {
  AdminPlane plane;
  ASSERT_EQ(plane.Ask(PushRequest(Everything())).status, 200);
  const std::string body = plane.Ask(kExport).body;
  EXPECT_THAT(Content(body), SizeIs(103));  // a token, revoked, is one line
  EXPECT_THAT(body, HasSubstr("{\"op\":\"end\",\"lines\":103}\n"));
  EXPECT_THAT(body, testing::Not(HasSubstr("token-8"))) << "raw tokens are never kept";
}

TEST(ExportTest, LoadedIntoAnotherNodeGivesTheSameNode) {
  AdminPlane from;
  from.Ask(PushRequest(Everything()));
  const std::string exported = from.Ask(kExport).body;
  AdminPlane to;
  to.now = from.now;
  const support::Response loaded = to.Ask(Load(exported));
  EXPECT_EQ(loaded.status, 200) << loaded.body;
  EXPECT_EQ(to.store.status().sequence, from.store.status().sequence);
  for (const char* token : {"token-6", "token-7", "token-9", "never-seen", "nothing"}) {
    EXPECT_EQ(to.StateOf(token), from.StateOf(token)) << token;
  }
  EXPECT_EQ(Content(to.Ask(kExport).body), Content(exported));
  EXPECT_EQ(to.Ask(Load(exported)).status, 200) << "twice does no harm";
  EXPECT_EQ(Content(to.Ask(kExport).body), Content(exported));
}

TEST(ExportTest, WithoutItsLastLineItIsNone) {
  AdminPlane from;
  from.Ask(PushRequest(Everything()));
  const std::string exported = from.Ask(kExport).body;
  const std::string cut = exported.substr(0, exported.rfind("{\"op\":\"end\""));
  AdminPlane to;
  const support::Response response = to.Ask(Load(cut));
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr("{\"error\":\"incomplete_export\","));
  std::string short_one = exported;
  const std::size_t begin = short_one.find('\n') + 1;
  short_one.erase(begin, short_one.find('\n', begin) + 1 - begin);
  EXPECT_EQ(to.Ask(Load(short_one)).status, 422) << "a line is missing in the middle";
}

TEST(ExportTest, IsMadeInParts) {
  AdminPlane plane;
  plane.Ask(PushRequest(Everything()));
  ExportSource source(plane.store.writer(), "");
  std::string whole;
  std::size_t parts = 0;
  bool more = true;
  while (more) {
    std::string part;
    more = source.Pull(part, plane.now);
    EXPECT_LT(part.size(), 64u * 1024);
    whole += part;
    ++parts;
  }
  EXPECT_GT(parts, 3u);
  EXPECT_THAT(Content(whole), SizeIs(103));
}

// What is pushed while an export is on its way is in it, or behind its position; what was there is
// in it either way.
TEST(ExportTest, MayBeOvertakenByUpdates) {
  AdminPlane plane;
  plane.Ask(PushRequest(Everything()));
  ExportSource source(plane.store.writer(), "");
  std::string exported;
  int turn = 0;
  while (source.Pull(exported, plane.now)) {
    if (++turn % 50 != 0) continue;
    plane.Ask(PushRequest(Upsert("late-" + std::to_string(turn), WithTimes(R"({"exp":@+60})")) +
                          Revoke("token-" + std::to_string(turn % 100))));
  }
  AdminPlane to;
  to.now = plane.now;
  EXPECT_EQ(to.Ask(Load(exported)).status, 200);
  for (int i = 0; i < 100; ++i) {
    const std::string token = "token-" + std::to_string(i);
    EXPECT_NE(to.StateOf(token), TokenState::kUnknown) << token;
    if (to.StateOf(token) == TokenState::kRevoked) {
      EXPECT_EQ(plane.StateOf(token), TokenState::kRevoked) << token;
    }
  }
}

}  // namespace
}  // namespace introspectd::api
