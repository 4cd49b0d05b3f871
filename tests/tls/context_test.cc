#include "tls/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "support/certificates.h"

namespace introspectd::tls {
namespace {

using support::Authority;
using support::CertificateSpec;
using support::Certified;
using testing::HasSubstr;

const UnixSeconds kNow = base::ReadWallMicros() / kMicrosPerSecond;

TlsConfig ConfigOf(const Certified& certified, const std::string& client_ca = "") {
  return {.certificate = "server.crt",
          .key = "server.key",
          .client_ca = client_ca.empty() ? "" : "clients.crt",
          .pem = {certified.certificate, certified.key, client_ca}};
}

class CheckTest : public testing::Test {
 protected:
  void ExpectProblem(const TlsConfig& config, std::string_view option, const char* sentence) {
    const auto problem = Check(config, kNow);
    ASSERT_TRUE(problem) << sentence;
    EXPECT_EQ(problem->option, option);
    EXPECT_THAT(problem->sentence, HasSubstr(sentence));
  }

  const Authority authority_;
  const Certified good_ = authority_.Issue();
};

TEST_F(CheckTest, TakesWhatBelongsTogether) {
  EXPECT_FALSE(Check(ConfigOf(good_), kNow));
  EXPECT_FALSE(Check(ConfigOf(good_, authority_.certificate()), kNow));
  EXPECT_FALSE(Check(ConfigOf(support::SelfSigned()), kNow));
  EXPECT_FALSE(Check(ConfigOf(authority_.Issue({.key = support::KeyKind::kRsa2048})), kNow));
}

TEST_F(CheckTest, SaysWhatIsWrongWithACertificate) {
  ExpectProblem(ConfigOf({"", good_.key}), "certificate", "no file of certificates");
  ExpectProblem(
      ConfigOf({"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", good_.key}),
      "certificate", "no file of certificates");
  ExpectProblem(ConfigOf({good_.certificate + "-----BEGIN CERTIFICATE-----\nMII\n", good_.key}),
                "certificate", "no file of certificates");
  ExpectProblem(ConfigOf(authority_.Issue({.begins_in_s = -7200, .ends_in_s = -3600})),
                "certificate", "has expired");
  ExpectProblem(ConfigOf(authority_.Issue({.begins_in_s = 3600, .ends_in_s = 7200})), "certificate",
                "is not valid yet");
  ExpectProblem(ConfigOf(authority_.Issue({.key = support::KeyKind::kRsa1024})), "certificate",
                "cannot be used");
}

TEST_F(CheckTest, SaysWhatIsWrongWithAKey) {
  ExpectProblem(ConfigOf({good_.certificate, ""}), "key", "no private key");
  ExpectProblem(ConfigOf({good_.certificate, authority_.Issue().key}), "key", "does not belong");
}

TEST_F(CheckTest, SaysWhatIsWrongWithTheClientsAuthorities) {
  ExpectProblem(ConfigOf(good_, "no certificate"), "client_ca", "no file of certificates");
}

TEST(TicketKeysTest, AreThoseOfTheHourAndTheHourBefore) {
  const crypto::ProcessKey secret = crypto::NewProcessKey();
  TicketKeys keys(secret);
  const TicketKeys::Key first = keys.ForNew(100 * 3600);
  const std::string name(first.name.begin(), first.name.end());
  EXPECT_NE(keys.Find(name, 100 * 3600 + 3599), nullptr);
  const TicketKeys::Key* const found = keys.Find(name, 101 * 3600 + 3599);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->cipher, first.cipher);
  EXPECT_EQ(found->mac, first.mac);
  EXPECT_EQ(keys.Find(name, 102 * 3600), nullptr);
}

// Loops never tell each other of keys.
TEST(TicketKeysTest, FollowFromTheSecretAndTheHourAlone) {
  const crypto::ProcessKey secret = crypto::NewProcessKey();
  TicketKeys one(secret);
  TicketKeys other(secret);
  TicketKeys stranger(crypto::NewProcessKey());
  one.ForNew(7 * 3600);
  const TicketKeys::Key key = one.ForNew(100 * 3600);
  EXPECT_EQ(other.ForNew(100 * 3600).cipher, key.cipher);
  EXPECT_NE(other.ForNew(101 * 3600).cipher, key.cipher);
  EXPECT_NE(stranger.ForNew(100 * 3600).cipher, key.cipher);
  EXPECT_NE(key.cipher, key.mac);
}

}  // namespace
}  // namespace introspectd::tls
