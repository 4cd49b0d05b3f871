#include "tls/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "tls/client.h"

namespace introspectd::tls {
namespace {

using support::Authority;
using support::Certified;
using support::ClientSpec;
using testing::IsEmpty;

const Now kStart{.wall_us = base::ReadWallMicros(), .boot_ms = 1000};

const Authority& Ca() {
  static const Authority authority;
  return authority;
}

struct Setting {
  std::string plane = "data";
  AskClients ask = AskClients::kNo;
  std::string client_ca = "";
  crypto::ProcessKey secret{};
};

std::shared_ptr<const Context> MakeContext(const Setting& setting = {}) {
  static const Certified certified = Ca().Issue();
  const TlsConfig config{.certificate = "c",
                         .key = "k",
                         .client_ca = setting.client_ca.empty() ? "" : "a",
                         .pem = {certified.certificate, certified.key, setting.client_ca}};
  return std::make_shared<const Context>(
      std::make_shared<const Library>(), config,
      Context::Options{setting.plane, setting.ask, setting.secret});
}

class EngineTest : public testing::TestWithParam<int> {
 protected:
  ClientOptions Options() const { return {.version = GetParam(), .ca = Ca().certificate()}; }

  // A session with a server of that setting, as a ticket.
  auto TicketOf(const Setting& setting, const Certified& certified = {}) {
    Engine server(MakeContext(setting));
    ClientOptions options = Options();
    options.certified = certified;
    Client client(options);
    client.Say("x");
    client.Talk(server, kStart);
    EXPECT_EQ(server.state(), Engine::State::kOpen);
    return client.session();
  }

  bool Resumes(const Setting& setting, SSL_SESSION* session, Now now = kStart) {
    Engine server(MakeContext(setting));
    ClientOptions options = Options();
    options.session = session;
    Client client(options);
    client.Talk(server, now);
    EXPECT_EQ(server.state(), Engine::State::kOpen);
    return server.resumed();
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, EngineTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(EngineTest, CarriesBytesBothWays) {
  Engine server(MakeContext());
  Client client(Options());
  client.Say("question");
  client.Talk(server, kStart);
  ASSERT_EQ(server.state(), Engine::State::kOpen);
  EXPECT_EQ(client.TakeServer(), "question");
  std::string out;
  server.Send("answer", out);
  EXPECT_EQ(out.find("answer"), std::string::npos);
  client.Feed(out);
  client.Talk(server, kStart);
  EXPECT_EQ(client.Take(), "answer");
  EXPECT_FALSE(server.ReadCertificate());
}

TEST_P(EngineTest, DoesNotMindHowBytesAreCut) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{333}}) {
    Engine server(MakeContext());
    Client client(Options());
    const std::string question(40'000, 'q');
    client.Say(question);
    client.Talk(server, kStart, piece);
    EXPECT_EQ(client.TakeServer(), question) << piece;
  }
}

TEST_P(EngineTest, GivesBuffersBackWhateverIsHeld) {
  Engine server(MakeContext());
  Client client(Options());
  client.Talk(server, kStart);
  const std::size_t busy = server.allocated_bytes();
  server.ReleaseBuffers();
  EXPECT_LT(server.allocated_bytes(), busy);
  client.Say("a record in parts");
  const std::string record = client.Next();
  std::vector<char> plain(Engine::PlainRoom(record.size()));
  std::size_t size = 0;
  for (const char& byte : record) {  // also right behind the head of a record
    size = server.Receive({&byte, 1}, kStart, plain);
    server.ReleaseBuffers();
  }
  EXPECT_EQ(std::string(plain.data(), size), "a record in parts");
}

TEST_P(EngineTest, HearsTheEndAndStillAnswers) {
  Engine server(MakeContext());
  Client client(Options());
  client.Say("the last question");
  client.Talk(server, kStart);
  SSL_shutdown(client.raw());
  client.Talk(server, kStart);
  EXPECT_EQ(server.state(), Engine::State::kEnded);
  std::string out;
  server.Send("answer", out);
  client.Feed(out);
  char heard[16];
  EXPECT_EQ(SSL_read(client.raw(), heard, sizeof heard), 6);
}

TEST_P(EngineTest, SaysThatItEnds) {
  Engine server(MakeContext());
  Client client(Options());
  client.Talk(server, kStart);
  server.End();
  client.Talk(server, kStart);
  EXPECT_EQ(SSL_get_shutdown(client.raw()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_P(EngineTest, ResumesOnAnyLoopOfThePlane) {
  const Setting setting{.secret = crypto::NewProcessKey()};
  const auto ticket = TicketOf(setting);
  EXPECT_TRUE(Resumes(setting, ticket.get()));
}

TEST_P(EngineTest, ResumesNothingOfAnotherProcess) {
  const auto ticket = TicketOf({.secret = crypto::NewProcessKey()});
  EXPECT_FALSE(Resumes({.secret = crypto::NewProcessKey()}, ticket.get()));
}

// A11; CVE-2025-23419.
TEST_P(EngineTest, ResumesNothingWhereClientsAreJudgedInAnotherWay) {
  const Authority clients("Client CA");
  const Authority others("Other CA");
  const Setting plain{.secret = crypto::NewProcessKey()};
  Setting admin = plain;
  admin.plane = "admin";
  Setting asking = plain;
  asking.ask = AskClients::kForThoseOfTheCa;
  asking.client_ca = clients.certificate();
  Setting asking_any = asking;
  asking_any.ask = AskClients::kForAny;
  Setting asking_others = asking;
  asking_others.client_ca = others.certificate();
  const auto ticket = TicketOf(plain);
  EXPECT_FALSE(Resumes(admin, ticket.get()));
  EXPECT_FALSE(Resumes(asking, ticket.get()));
  const auto asked = TicketOf(asking, clients.Issue(ClientSpec("gateway")));
  EXPECT_TRUE(Resumes(asking, asked.get()));
  EXPECT_FALSE(Resumes(asking_any, asked.get()));
  EXPECT_FALSE(Resumes(asking_others, asked.get()));
  EXPECT_FALSE(Resumes(plain, asked.get()));
}

TEST_P(EngineTest, ResumesNothingThatIsTooOld) {
  const Setting setting{.secret = crypto::NewProcessKey()};
  const auto ticket = TicketOf(setting);
  Now later = kStart;
  later.wall_us += 2 * 3600 * kMicrosPerSecond;
  EXPECT_FALSE(Resumes(setting, ticket.get(), later));
}

TEST_P(EngineTest, KnowsTheClientOfAResumedSession) {
  const Setting setting{.ask = AskClients::kForThoseOfTheCa,
                        .client_ca = Ca().certificate(),
                        .secret = crypto::NewProcessKey()};
  const auto ticket = TicketOf(setting, Ca().Issue(ClientSpec("gateway")));
  Engine server(MakeContext(setting));
  ClientOptions options = Options();
  options.session = ticket.get();
  Client client(options);
  client.Talk(server, kStart);
  ASSERT_TRUE(server.resumed());
  const auto certificate = server.ReadCertificate();
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->subject_dn, "CN=gateway");
  EXPECT_TRUE(certificate->chain_verified);
}

// Contract 2: requested, never required in the handshake. A10.
TEST_P(EngineTest, TakesAnyCertificateAndBelievesThoseOfTheAuthority) {
  const Setting setting{.ask = AskClients::kForAny, .client_ca = Ca().certificate()};
  const Authority others("Other CA");
  struct Shown {
    const char* what;
    Certified certified;
    bool verified;
  };
  for (const Shown& shown :
       {Shown{"good", Ca().Issue(ClientSpec("gateway")), true},
        Shown{"of any use", Ca().Issue({.common_name = "gateway", .usage = ""}), true},
        Shown{"self-signed", support::SelfSigned(ClientSpec("gateway")), false},
        Shown{"of another authority", others.Issue(ClientSpec("gateway")), false},
        Shown{"of a server", Ca().Issue({.common_name = "gateway", .usage = "serverAuth"}), false},
        Shown{"expired",
              Ca().Issue({.common_name = "gateway",
              .usage = "clientAuth",
              .begins_in_s = -7200,
              .ends_in_s = -3600}),
              false}}) {
    Engine server(MakeContext(setting));
    ClientOptions options = Options();
    options.certified = shown.certified;
    Client client(options);
    client.Talk(server, kStart);
    ASSERT_EQ(server.state(), Engine::State::kOpen) << shown.what;
    const auto certificate = server.ReadCertificate();
    ASSERT_TRUE(certificate) << shown.what;
    EXPECT_EQ(certificate->chain_verified, shown.verified) << shown.what;
  }
}

TEST_P(EngineTest, GoesOnWithoutACertificate) {
  Engine server(
      MakeContext({.ask = AskClients::kForThoseOfTheCa, .client_ca = Ca().certificate()}));
  Client client(Options());
  client.Say("x");
  client.Talk(server, kStart);
  EXPECT_EQ(server.state(), Engine::State::kOpen);
  EXPECT_FALSE(server.ReadCertificate());
}

TEST_P(EngineTest, NamesItsAuthoritiesUnlessAnybodyIsWelcome) {
  for (const AskClients ask : {AskClients::kForThoseOfTheCa, AskClients::kForAny}) {
    Engine server(MakeContext({.ask = ask, .client_ca = Ca().certificate()}));
    Client client(Options());
    client.Talk(server, kStart);
    const STACK_OF(X509_NAME)* const names = SSL_get0_peer_CA_list(client.raw());
    const int count = names == nullptr ? 0 : sk_X509_NAME_num(names);
    EXPECT_EQ(count, ask == AskClients::kForAny ? 0 : 1);
  }
}

TEST_P(EngineTest, SpeaksHttp11OrNothing) {
  const std::string http11("\x08http/1.1", 9);
  const std::string h2("\x02h2", 3);
  for (const auto& [offered, good] :
       {std::pair(http11, true), {h2 + http11, true}, {h2, false}, {std::string(), true}}) {
    Engine server(MakeContext());
    ClientOptions options = Options();
    options.alpn = offered;
    Client client(options);
    client.Talk(server, kStart);
    EXPECT_EQ(server.state() == Engine::State::kOpen, good) << offered;
    EXPECT_EQ(client.failed(), !good) << offered;
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.raw(), &chosen, &size);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size),
              good && !offered.empty() ? "http/1.1" : "");
  }
}

TEST_P(EngineTest, FailsOnARecordThatWasChanged) {
  Engine server(MakeContext());
  Client client(Options());
  client.Talk(server, kStart);
  client.Say("question");
  std::string record = client.Next();
  record.back() = static_cast<char>(record.back() ^ 1);
  std::vector<char> plain(Engine::PlainRoom(record.size()));
  EXPECT_EQ(server.Receive(record, kStart, plain), 0u);
  EXPECT_EQ(server.state(), Engine::State::kFailed);
  std::string out;
  server.Send("dropped", out);
  EXPECT_FALSE(out.empty());  // an alert
  client.Feed(out);
  client.Next();
  EXPECT_TRUE(client.failed());
  EXPECT_THAT(client.Take(), IsEmpty());
}

// A15.
TEST(EngineVersionTest, RefusesOldVersionsAndWeakCiphers) {
  for (const ClientOptions& options :
       {ClientOptions{.version = TLS1_1_VERSION, .version_min = TLS1_VERSION},
        ClientOptions{.version = TLS1_VERSION, .version_min = TLS1_VERSION},
        ClientOptions{.version = TLS1_2_VERSION, .ciphers12 = "AES128-SHA:AES128-GCM-SHA256"},
        ClientOptions{.version = TLS1_2_VERSION, .ciphers12 = "ECDHE-ECDSA-AES128-SHA"},
        ClientOptions{.version = TLS1_2_VERSION, .ciphers12 = "aNULL:eNULL"}}) {
    Engine server(MakeContext());
    Client client(options);
    client.Talk(server, kStart);
    EXPECT_EQ(server.state(), Engine::State::kFailed) << options.ciphers12;
    EXPECT_TRUE(client.failed());
  }
}

// L13.
TEST(EngineVersionTest, RefusesRenegotiation) {
  Engine server(MakeContext());
  Client client({.version = TLS1_2_VERSION});
  client.Talk(server, kStart);
  ASSERT_EQ(SSL_renegotiate(client.raw()), 1);
  SSL_do_handshake(client.raw());
  client.Talk(server, kStart);
  EXPECT_FALSE(client.done());
  EXPECT_THAT(client.TakeServer(), IsEmpty());
}

// L13: each of them costs a derivation of keys.
TEST(EngineVersionTest, EndsWhoUpdatesKeysForEver) {
  Engine server(MakeContext());
  Client client({.version = TLS1_3_VERSION});
  client.Talk(server, kStart);
  std::string out;
  for (int i = 0; i < 10'000 && server.state() == Engine::State::kOpen; ++i) {
    ASSERT_EQ(SSL_key_update(client.raw(), SSL_KEY_UPDATE_REQUESTED), 1);
    client.Say("x");
    const std::string bytes = client.Next();
    std::vector<char> plain(Engine::PlainRoom(bytes.size()));
    server.Receive(bytes, kStart, plain);
    server.Send({}, out);
    EXPECT_LE(i, Engine::kPostHandshakeMax);
  }
  EXPECT_EQ(server.state(), Engine::State::kFailed);
  EXPECT_LT(out.size(), 10'000u);
}

TEST(EngineGarbageTest, FailsOnWhatIsNoTls) {
  for (const std::string& garbage :
       {std::string("POST /introspect HTTP/1.1\r\nHost: a\r\n\r\n"), std::string(20'000, '\xff'),
        std::string("\x16\x03\x01\xff\xff", 5) + std::string(65'000, 'a')}) {
    Engine server(MakeContext());
    std::vector<char> plain(Engine::PlainRoom(garbage.size()));
    EXPECT_EQ(server.Receive(garbage, kStart, plain), 0u);
    EXPECT_EQ(server.state(), Engine::State::kFailed);
    std::string out;
    server.Send({}, out);
    EXPECT_LT(out.size(), 100u);
  }
}

}  // namespace
}  // namespace introspectd::tls
