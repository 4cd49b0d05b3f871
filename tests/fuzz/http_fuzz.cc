// Whatever comes on a connection: the outcome is the same however it was cut; every request is
// answered once and in order, and none is read behind a close; and the session sees no request that
// llhttp, or whoever reads slowly and plainly, does not see.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/session_properties.h"
#include "http/session_rig.h"
#include "input.h"
#include "plain_http.h"

namespace introspectd::http {
namespace {

constexpr std::size_t kCuts = 3;
constexpr std::string_view kFirst =
    "POST /again HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntoken=abc";

// The defaults of the data plane (config/limit_options.h).
HttpLimits RealLimits() {
  HttpLimits limits = SmallLimits();
  limits.head_bytes_max = 16'384;
  limits.header_line_bytes_max = 8192;
  limits.target_bytes_max = 2048;
  limits.headers_max = 64;
  limits.body_bytes_max = 65'536;
  limits.pipeline_max = 32;
  limits.output_bytes_max = 262'144;
  return limits;
}

// How a connection is put to the session.
struct How {
  explicit How(std::uint8_t flags)
      : limits((flags & 1) != 0 ? RealLimits() : SmallLimits()),
        ends((flags & 2) != 0),
        settle_late((flags & 4) != 0),
        pause_every((flags & 8) != 0 ? 3 : 0) {}

  HttpLimits limits;
  bool ends;
  bool settle_late;
  std::size_t pause_every;
};

Outcome Put(const std::vector<std::string_view>& pieces, const How& how) {
  SessionRig rig(how.limits);
  rig.handler.pause_every = how.pause_every;
  rig.settle_late = how.settle_late;
  for (const std::string_view piece : pieces) rig.Send(piece);
  if (how.ends) rig.End();
  ExpectAnsweredOnce(rig);
  return rig.outcome();
}

// As the scripted handler writes it down; what it answers on the head, it knows no body of.
bool IsSame(std::string_view asked, const fuzz::PlainRequest& seen) {
  const std::string path = seen.target.substr(0, seen.target.find('?'));
  return asked == seen.method + " " + path ||
         (seen.whole && asked == seen.method + " " + seen.target + " " + seen.body);
}

void CheckSeenPlainly(std::string_view bytes, const Outcome& outcome) {
  const std::vector<fuzz::PlainRequest> plain = fuzz::ReadPlainly(bytes);
  CHECK(outcome.asked.size() <= plain.size());
  for (std::size_t i = 0; i < outcome.asked.size(); ++i) {
    CHECK(IsSame(outcome.asked[i], plain[i]));
    CHECK(!plain[i].closes || i + 1 == outcome.asked.size());
    CHECK(!plain[i].closes || outcome.closing);
  }
}

void CheckConversation(fuzz::Input input) {
  const How how(input.TakeByte());
  const std::vector<std::size_t> cuts = input.TakeCuts(kCuts);
  const std::string_view bytes = input.rest();
  const Outcome whole = Put({bytes}, how);
  ExpectSeenByLlhttp(bytes, whole);
  CheckSeenPlainly(bytes, whole);
  CHECK(!Disagree(bytes, how.limits) || StatusesOf(whole) == std::vector{400});

  std::vector<std::size_t> everywhere;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) everywhere.push_back(cut);
  EXPECT_EQ(Put(CutAt(bytes, everywhere), how), whole) << "byte by byte";
  EXPECT_EQ(Put(CutAt(bytes, cuts), how), whole) << "cut";

  // On a connection that has a known head already.
  const std::string both = std::string(kFirst) + std::string(bytes);
  const Outcome behind = Put(CutAt(both, cuts), how);
  EXPECT_EQ(behind.closing, whole.closing);
  EXPECT_TRUE(behind.said.ends_with(whole.said));
  EXPECT_EQ(std::vector(behind.asked.begin() + 1, behind.asked.end()), whole.asked);
}

}  // namespace
}  // namespace introspectd::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What is expected in vain ends the process, and the fuzzer keeps the input.
  static const bool throws = (GTEST_FLAG_SET(throw_on_failure, true), true);
  CHECK(throws);
  introspectd::http::CheckConversation({data, size});
  return 0;
}
