#include "support/leak_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/temp_dir.h"
#include "text/base64.h"

namespace introspectd::support {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kSecret = "s3cret/with+\"all\" of it";

LeakScan Scan() {
  LeakScan scan;
  scan.Add("the secret", kSecret);
  return scan;
}

TEST(LeakScanTest, FindsNothingInInnocentText) {
  EXPECT_THAT(Scan().Find("log", "GET /healthz 200 s3cret c2VjcmV0 73336372"), IsEmpty());
}

TEST(LeakScanTest, FindsThePlainSecretAndSaysWhereButNotWhat) {
  const std::string text = "token=" + std::string(kSecret) + " refused";
  EXPECT_THAT(Scan().Find("log", text), ElementsAre("log: the secret, as plain text"));
}

TEST(LeakScanTest, FindsItEncoded) {
  const LeakScan scan = Scan();
  EXPECT_THAT(scan.Find("log", R"("s3cret/with+\"all\" of it")"),
              ElementsAre("log: the secret, as JSON text"));
  EXPECT_THAT(scan.Find("log", "a=s3cret%2fwith%2B%22all%22+of+it&b"),
              ElementsAre("log: the secret, as percent-encoded"));
  EXPECT_THAT(scan.Find("log", "7333637265742F776974682b22616c6c22206f66206974"),
              ElementsAre("log: the secret, as hex"));
}

TEST(LeakScanTest, FindsItInsideBase64AtEveryOffset) {
  const LeakScan scan = Scan();
  for (const std::string_view user : {"a:", "ab:", "abc:"}) {
    const std::string pair = std::string(user) + std::string(kSecret);
    EXPECT_THAT(scan.Find("log", text::EncodeBase64(pair)), Contains(HasSubstr("base64"))) << user;
    EXPECT_THAT(scan.Find("log", text::EncodeBase64Url(pair)), Contains(HasSubstr("base64")))
        << user;
  }
}

TEST(LeakScanTest, RefusesSecretsThatWouldBeFoundByAccident) {
  LeakScan scan;
  EXPECT_THROW(scan.Add("short", "1234567"), std::invalid_argument);
}

TEST(LeakScanTest, WalksFiles) {
  const TempDir directory;
  directory.Write("config.toml", kSecret);
  std::filesystem::create_directory(directory.path() / "below");
  directory.Write("below/log", kSecret);
  EXPECT_THAT(Scan().FindInFiles(directory.path(), {"config.toml"}),
              ElementsAre("log: the secret, as plain text"));
}

}  // namespace
}  // namespace introspectd::support
