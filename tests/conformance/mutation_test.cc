// Damaged requests: whatever they are, the server says the same however they arrive, says nothing
// behind an answer that closes, and lives (H46; the ways of damaging are those of the HTTP Garden).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/fleet.h"
#include "conformance/trials.h"
#include "support/server_process.h"
#include "support/world.h"
#include "text/ascii.h"

namespace introspectd::conformance {
namespace {

using support::Plane;
using support::ServerProcess;

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string Damaged(std::string bytes) {
    const std::size_t changes = 1 + Below(3);
    for (std::size_t i = 0; i < changes; ++i) Damage(bytes);
    return bytes;
  }
  std::size_t Below(std::size_t bound) { return random_() % bound; }

 private:
  void Damage(std::string& bytes) {
    using std::string_literals::operator""s;
    static const std::array kInserted = {"\r\n"s,
                                         "\r"s,
                                         "\n"s,
                                         "\0"s,
                                         ":"s,
                                         " "s,
                                         "\t"s,
                                         ","s,
                                         ";"s,
                                         "0"s,
                                         "\x80"s,
                                         "Transfer-Encoding: chunked\r\n"s,
                                         "Content-Length: 5\r\n"s,
                                         "\r\n\r\n"s,
                                         "0\r\n\r\n"s};
    const std::size_t at = Below(bytes.size());
    switch (Below(5)) {
      case 0:
        bytes.erase(at, 1 + Below(3));
        break;
      case 1:
        bytes[at] = static_cast<char>(Below(256));
        break;
      case 2:
        bytes.insert(at, kInserted[Below(kInserted.size())]);
        break;
      case 3:  // a part twice
        bytes.insert(at, bytes.substr(at, 1 + Below(40)));
        break;
      default:  // the end in another place
        bytes = bytes.substr(0, at + 1) + bytes.substr(Below(bytes.size()));
        break;
    }
    if (bytes.empty()) bytes = "x";
  }

  std::mt19937 random_;
};

std::vector<std::string> Seeds() {
  return {
      Request{}.Bytes(),
      Request{.length = std::string(support::kChunked),
              .body = support::InChunks(Request{}.body, 10)}
          .Bytes(),
      Request{.extra = "Connection: keep-alive\r\nX: y\r\n"}.Bytes() + Request{}.Bytes(),
      Request{.line = "POST /introspect HTTP/1.0", .extra = "Connection: keep-alive\r\n"}.Bytes(),
      Request{.line = "GET /introspect?a=b HTTP/1.1", .body = ""}.Bytes()};
}

// What came, without the time of day.
std::string WithoutDates(std::string_view received) {
  std::string out;
  while (!received.empty()) {
    const std::string_view line = text::TakeUntil(received, '\n');
    if (!line.starts_with("Date: ")) out += std::string(line) + "\n";
  }
  return out;
}

Trial TrialOf(const std::string& bytes, std::vector<std::size_t> cuts) {
  return {.label = "damaged",
          .bytes = std::make_shared<const std::string>(bytes),
          .cuts = std::move(cuts),
          .awaited = {},
          .truncated = true};
}

TEST(MutationTest, TheVerdictDoesNotDependOnHowTheBytesArrive) {
  constexpr std::size_t kStreams = 4000;
  constexpr std::size_t kWays = 3;
  ServerProcess server(support::ConfigText{}.Text());
  Mutator mutator(20'251'123);
  const std::vector<std::string> seeds = Seeds();
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < kStreams; ++i) {
    const std::string bytes = mutator.Damaged(seeds[i % seeds.size()]) + Request{}.Bytes();
    trials.push_back(TrialOf(bytes, {}));
    for (std::size_t way = 1; way < kWays; ++way) {
      trials.push_back(TrialOf(bytes, {1 + mutator.Below(bytes.size() - 1)}));
    }
  }
  const std::vector<Outcome> outcomes = Fleet(server.port(Plane::kData), {}).Perform(trials);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& whole = outcomes[i - i % kWays];
    ASSERT_EQ(outcomes[i].trouble, "") << *trials[i].bytes;
    ASSERT_EQ(WithoutDates(outcomes[i].received), WithoutDates(whole.received)) << *trials[i].bytes;
    const std::size_t close = whole.received.find("Connection: close");
    if (close == std::string::npos) continue;
    ASSERT_EQ(whole.received.find("HTTP/1.1 ", close), std::string::npos) << *trials[i].bytes;
  }
  EXPECT_EQ(server.Stop(), 0);
}

}  // namespace
}  // namespace introspectd::conformance
