// TLS as clients meet it: other people's TLS, certificates that change, handshakes that never end.

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "cli/program.h"
#include "support/certificates.h"
#include "support/child.h"
#include "support/wait_until.h"
#include "system/node.h"
#include "system/process_memory.h"
#include "text/base64.h"

namespace introspectd::system_test {
namespace {

using support::Authority;
using support::Certified;
using support::RunToEnd;
using support::WaitUntil;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kTls =
    "[server.tls]\ncertificate = \"server.crt\"\nkey = \"server.key\"\nclient_ca = \"ca.crt\"\n"
    "[admin.tls]\ncertificate = \"server.crt\"\nkey = \"server.key\"\n";

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    lines.emplace_back(rest.substr(0, rest[end] == '\n' ? end : end + 1));
    rest.remove_prefix(end + 1);
  }
  return lines;
}

// A socket that is closed with something unread in it is reset.
bool EndsWithoutAnAnswer(Connection& connection) {
  try {
    return connection.EndsSilently();
  } catch (const support::WireError& error) {
    return std::string_view(error.what()).find("reset") != std::string_view::npos;
  }
}

// The files that the configuration names, in a directory of their own.
class TlsTest : public testing::Test {
 protected:
  TlsTest() { Put(authority_.Issue()); }

  void Put(const Certified& certified) {
    files_.Write("server.crt", certified.certificate);
    files_.Write("server.key", certified.key);
    ca_ = files_.Write("ca.crt", authority_.certificate());
  }

  std::string Config(const std::string& limits = "", const std::string& tables = "") const {
    ConfigText config;
    config.server = "workers = 2\n";
    config.limits = limits;
    config.tables = tables;
    std::string text = config.Text() + std::string(kTls);
    for (const char* file : {"server.crt", "server.key", "ca.crt"}) {
      const std::string quoted = fmt::format("\"{}\"", file);
      for (std::size_t at; (at = text.find(quoted)) != std::string::npos;) {
        text.replace(at, quoted.size(), fmt::format("\"{}\"", (files_.path() / file).string()));
      }
    }
    return text;
  }

  void Start(const std::string& limits = "", const std::string& tables = "") {
    server_ = std::make_unique<support::ServerProcess>(Config(limits, tables));
    port_ = server_->port(Plane::kData);
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    EXPECT_EQ(server_->Stop(), 0) << server_->log();
  }

  support::Finished Curl(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {
        "/usr/bin/curl",
        "-sS",
        "--max-time",
        "10",
        "--cacert",
        ca_,
        "-u",
        fmt::format("{}:{}", support::kGateway, support::kGatewaySecret),
        "-d",
        "token=unknown"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(fmt::format("https://127.0.0.1:{}/introspect", port_));
    return RunToEnd(arguments);
  }

  // What openssl s_client says, told to send `input` when the handshake is done.
  std::string SClient(const std::string& options, const std::string& input = "") const {
    return RunToEnd({"/bin/sh", "-c",
                     fmt::format("(printf '{}'; sleep 1) | timeout 10 openssl s_client -connect "
                                 "127.0.0.1:{} -CAfile {} {} 2>&1",
                                 input, port_, ca_, options)})
        .output;
  }

  std::string Authorization() const {
    return "Basic " +
           text::EncodeBase64(fmt::format("{}:{}", support::kGateway, support::kGatewaySecret));
  }

  std::size_t Logged(std::string_view what) const {
    const std::string log = server_->log();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find(what, at)) != std::string::npos; ++at) ++count;
    return count;
  }

  const Authority authority_;
  const support::TempDir files_;
  std::string ca_;
  std::unique_ptr<support::ServerProcess> server_;
  std::uint16_t port_ = 0;
};

TEST_F(TlsTest, CurlAsks) {
  Start();
  EXPECT_EQ(Curl({"--tlsv1.2", "--tls-max", "1.2"}).output, support::kInactive);
  EXPECT_EQ(Curl({"--tlsv1.3"}).output, support::kInactive);
  EXPECT_EQ(Curl({"--http1.0", "--no-alpn"}).output, support::kInactive);
  EXPECT_THAT(Curl({"--http2", "-w", " %{http_version}"}).output, HasSubstr("} 1.1"));
}

TEST_F(TlsTest, PythonAsksAndResumes) {
  Start();
  for (const auto& [version, name] : {std::pair("TLSv1_2", "TLSv1.2"), {"TLSv1_3", "TLSv1.3"}}) {
    const auto ran = RunToEnd(
        {"/usr/bin/python3", TLS_PEER_PY, std::to_string(port_), ca_, version, Authorization()});
    ASSERT_EQ(ran.code, 0) << ran.output;
    const std::string answer = "200 " + std::string(support::kInactive);
    const std::string fresh = fmt::format("{} http/1.1 new", name);
    const std::string resumed = fmt::format("{} http/1.1 resumed", name);
    EXPECT_THAT(LinesOf(ran.output), ElementsAre(answer, answer, fresh, answer, answer, resumed,
                                                 answer, answer, resumed));
  }
}

TEST_F(TlsTest, NodeAsks) {
  Start();
  const auto ran =
      RunToEnd({"/usr/bin/env", "node", TLS_PEER_MJS, std::to_string(port_), ca_, Authorization()});
  EXPECT_EQ(ran.output, fmt::format("200 {}\n", support::kInactive));
}

// More than there is time for in a turn of the loop: they wait for each other, and all have theirs.
TEST_F(TlsTest, ManyShakeHandsAtOnce) {
  Start();
  const auto ran = RunToEnd(
      {"/bin/sh", "-c",
       fmt::format("seq 160 | xargs -P 40 -I @@ curl -sS --max-time 20 --cacert {} -u {}:{} "
                   "-d token=unknown https://127.0.0.1:{}/introspect | grep -o active | wc -l",
                   ca_, support::kGateway, support::kGatewaySecret, port_)});
  EXPECT_EQ(ran.output, "160\n");
}

// A15, L13.
TEST_F(TlsTest, OpensslIsRefusedWhatIsNotSafe) {
  Start();
  const std::string weak = "-cipher 'ALL:@SECLEVEL=0'";
  EXPECT_THAT(SClient("-tls1_1 " + weak), HasSubstr("alert"));
  EXPECT_THAT(SClient("-tls1_2 -cipher 'AES128-SHA:@SECLEVEL=0'"), HasSubstr("handshake failure"));
  EXPECT_THAT(SClient("-alpn h2"), HasSubstr("no application protocol"));
  EXPECT_THAT(SClient("-tls1_2", "R\\n"), HasSubstr("no renegotiation"));
  EXPECT_THAT(SClient("-servername nobody.example"), HasSubstr("Verify return code: 0 (ok)"));
  EXPECT_THAT(SClient("-tls1_3"), HasSubstr("TLS_AES_128_GCM_SHA256"));
  EXPECT_EQ(Curl({}).output, support::kInactive);
}

// H45.
TEST_F(TlsTest, WhatIsNoTlsIsRefused) {
  Start();
  Connection plain = Connection::ToPort(port_);
  plain.Send("POST /introspect HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(plain.ReadToEnd(), Not(HasSubstr("HTTP/1.1 ")));
  Node without;  // and the other way round
  Connection hello = Connection::ToPort(without.process().port(Plane::kData));
  hello.Send(std::string("\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03", 11) +
             std::string(237, 'r'));
  EXPECT_THAT(hello.ReadToEnd(), testing::StartsWith("HTTP/1.1 400"));
}

TEST_F(TlsTest, TheControlPlaneHasItToo) {
  Start();
  const std::string url = fmt::format("https://127.0.0.1:{}", server_->port(Plane::kAdmin));
  const std::vector<std::string> to = {"--url", url, "--token", std::string(support::kAdminToken)};
  std::vector<std::string> status = {"status"};
  status.insert(status.end(), to.begin(), to.end());
  EXPECT_EQ(cli::RunCli(status).code, 1);  // nobody vouches for it
  status.insert(status.end(), {"--ca", ca_});
  const cli::Ran ran = cli::RunCli(status);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ready"));
}

TEST_F(TlsTest, ACertificateIsReplacedWithoutDroppingAConnection) {
  Start();
  const auto serial = [this] {
    return RunToEnd({"/bin/sh", "-c",
                     fmt::format("openssl s_client -connect 127.0.0.1:{} </dev/null 2>/dev/null | "
                                 "openssl x509 -noout -serial",
                                 port_)})
        .output;
  };
  const std::string before = serial();
  // Asks over one connection for as long as it is told to.
  support::Child kept(
      {"/bin/sh", "-c",
       fmt::format("exec /usr/bin/curl -sS --cacert {} --rate 20/s -u {}:{} -d token=unknown "
                   "'https://127.0.0.1:{}/introspect?[1-60]' -w '%{{num_connects}}\\n' "
                   "-o /dev/null",
                   ca_, support::kGateway, support::kGatewaySecret, port_)},
      {.output = files_.path() / "kept"});
  Put(authority_.Issue());
  const std::size_t reloads = Logged("reloaded");
  server_->Signal(SIGHUP);
  ASSERT_TRUE(WaitUntil([&] { return Logged("reloaded") > reloads; })) << server_->log();
  const std::string after = serial();
  EXPECT_NE(after, before);
  ASSERT_EQ(kept.Wait(support::seconds(20)), 0);
  const std::string connects = support::ReadFile(files_.path() / "kept");
  EXPECT_EQ(std::count(connects.begin(), connects.end(), '1'), 1) << connects;

  files_.Write("server.key", authority_.Issue().key);  // of another certificate
  server_->Signal(SIGHUP);
  ASSERT_TRUE(WaitUntil([&] { return Logged("reload refused") == 1; })) << server_->log();
  EXPECT_THAT(server_->log(), HasSubstr("server.tls.key: does not belong to the certificate"));
  EXPECT_EQ(serial(), after);
}

// L13: whoever begins a handshake and does not go on is in nobody's way.
TEST_F(TlsTest, HandshakesThatDoNotGoOnEnd) {
  Start("handshake_ms_max = 1500\nhandshakes_max = 50\nconnections_per_address_max = 2000\n");
  std::vector<Connection> stuck;
  for (int i = 0; i < 400; ++i) {
    stuck.push_back(Connection::ToPort(port_));
    if (i % 2 == 0) stuck.back().Send(std::string("\x16\x03\x01", 3));
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Curl({}).output, support::kInactive);
  for (Connection& connection : stuck) EXPECT_TRUE(EndsWithoutAnAnswer(connection));
  EXPECT_EQ(Curl({}).output, support::kInactive);
}

TEST_F(TlsTest, FilesAreCheckedWithTheConfiguration) {
  const auto complaint = [this](const std::string& config) {
    const std::string file = files_.Write("introspectd.toml", config);
    const auto ran = RunToEnd({support::ServerBinary(), "--check-config", "--config", file});
    EXPECT_EQ(ran.code, 2) << ran.output;
    return ran.output;
  };
  Put(authority_.Issue({.begins_in_s = -7200, .ends_in_s = -3600}));
  EXPECT_THAT(complaint(Config()), HasSubstr("server.tls.certificate: has expired"));
  Put({authority_.Issue().certificate, authority_.Issue().key});
  EXPECT_THAT(complaint(Config()), HasSubstr("server.tls.key: does not belong"));
  Put(authority_.Issue());
  EXPECT_THAT(complaint(ConfigText{}.Text() + "[server.tls]\ncertificate = \"server.crt\"\n"),
              HasSubstr("server.tls.key: is required beside a certificate"));
  EXPECT_THAT(complaint(ConfigText{}.Text() + "[server.tls]\nclient_ca = \"ca.crt\"\n"),
              HasSubstr("server.tls.client_ca: is of no use without a certificate"));
  EXPECT_THAT(complaint(ConfigText{}.Text() +
                        "[server.tls]\ncertificate = \"none.crt\"\nkey = \"server.key\"\n"),
              HasSubstr("server.tls.certificate: \"none.crt\" cannot be read"));
}

TEST_F(TlsTest, HandshakesAreCounted) {
  const std::string token = "metrics-watcher-token-5Tq";
  Start("", fmt::format("[[admin.tokens]]\nname = \"watcher\"\ntoken = \"{}\"\n"
                        "scopes = [\"metrics\"]\n",
                        token));
  for (int i = 0; i < 3; ++i) Curl({});
  const auto ran =
      RunToEnd({"/usr/bin/curl", "-sS", "--cacert", ca_, "-H", "Authorization: Bearer " + token,
                fmt::format("https://127.0.0.1:{}/metrics", server_->port(Plane::kAdmin))});
  const std::string name = "\nintrospectd_tls_handshakes_total";
  EXPECT_THAT(ran.output, HasSubstr(name + R"({plane="data",result="full"} 3)" + "\n"));
  EXPECT_THAT(ran.output, HasSubstr(name + R"({plane="admin",result="full"} 1)" + "\n"));
  EXPECT_THAT(ran.output, HasSubstr(name + R"({plane="data",result="resumed"} 0)" + "\n"));
}

// What was decrypted goes as soon as what was read does.
TEST_F(TlsTest, NothingStaysInMemoryOfWhoeverHasAsked) {
  if (!CanSearchMemory()) GTEST_SKIP() << "its memory cannot be searched";
  Start();
  const auto find = [this](std::string_view what) { return FindInMemory(server_->pid(), what); };
  const std::string marker = "a-token-that-was-asked-about-x7";
  for (const char* version : {"1.2", "1.3"}) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(Curl({"--tls-max", version, "-d", "resource=" + marker}).output,
                support::kInactive);
    }
  }
  EXPECT_THAT(find(support::kIssuer), Not(IsEmpty()));
  const std::string basic = Authorization().substr(6);
  WaitUntil([&] { return find(basic).empty() && find(marker).empty(); }, support::seconds(5));
  EXPECT_THAT(find(basic), IsEmpty());
  EXPECT_THAT(find(support::kGatewaySecret), IsEmpty());
  EXPECT_THAT(find(marker), IsEmpty());
}

// What others can reach needs TLS, and then nothing more.
TEST_F(TlsTest, AListenerWithTlsMayBeReachedByOthers) {
  std::string config = Config();
  config.replace(config.find("\"127.0.0.1:0\""), 13, "\"0.0.0.0:0\"");
  const std::string file = files_.Write("introspectd.toml", config);
  const auto ran = RunToEnd({support::ServerBinary(), "--check-config", "--config", file});
  EXPECT_EQ(ran.code, 0) << ran.output;
}

}  // namespace
}  // namespace introspectd::system_test
