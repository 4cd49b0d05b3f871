// Whom a fetcher trusts: against openssl's own server, with certificates made for the occasion.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "fetch/get_now.h"
#include "support/child.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace introspectd::fetch {
namespace {

using support::Child;
using ::testing::HasSubstr;

constexpr const char* kOpenssl = "/usr/bin/openssl";

class FetcherTlsTest : public testing::Test {
 protected:
  std::string File(const std::string& name) const { return (directory_.path() / name).string(); }

  void Openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), kOpenssl);
    const support::Finished finished = support::RunToEnd(arguments);
    if (finished.code != 0) throw std::runtime_error(finished.output);
  }

  void MakeAuthority(const std::string& name) const {
    Openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", File(name + ".key"), "-out", File(name + ".pem"), "-subj", "/CN=" + name});
  }

  // A certificate of `authority` for what `san` names.
  void MakeServer(const std::string& authority, const std::string& san,
                  const std::string& days) const {
    Openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             File("server.key"), "-out", File("server.csr"), "-subj", "/CN=server", "-addext",
             "subjectAltName=" + san});
    Openssl({"x509", "-req", "-in", File("server.csr"), "-CA", File(authority + ".pem"), "-CAkey",
             File(authority + ".key"), "-copy_extensions", "copyall", "-days", days, "-out",
             File("server.pem")});
  }

  // Returns the port.
  std::string Serve(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {
        kOpenssl, "s_server",         "-www",    "-cert",      File("server.pem"),
        "-key",   File("server.key"), "-accept", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::filesystem::remove(File("said"));
    server_ = std::make_unique<Child>(arguments,
                                      Child::Options{.output = File("said"), .open_files_max = {}});
    constexpr std::string_view kBefore = "ACCEPT 127.0.0.1:";
    std::string said;
    support::WaitUntil([&] {
      said = support::ReadFile(File("said"));
      return said.find(kBefore) != std::string::npos && said.ends_with('\n');
    });
    const std::size_t start = said.find(kBefore) + kBefore.size();
    return said.substr(start, said.find('\n', start) - start);
  }

  absl::Status Fetch(const std::string& host, const std::string& port,
                     const std::string& authority) const {
    return GetNow({.url = "https://" + host + ":" + port + "/",
                   .ca_file = authority.empty() ? "" : File(authority + ".pem")})
        .status();
  }

  const support::TempDir directory_;
  std::unique_ptr<Child> server_;
};

TEST_F(FetcherTlsTest, TrustsTheAuthorityThatIsNamedAndNoOther) {
  MakeAuthority("good");
  MakeAuthority("other");
  MakeServer("good", "IP:127.0.0.1", "1");
  const std::string port = Serve();
  EXPECT_TRUE(Fetch("127.0.0.1", port, "good").ok()) << Fetch("127.0.0.1", port, "good");
  for (const char* wrong : {"other", ""}) {
    EXPECT_THAT(std::string(Fetch("127.0.0.1", port, wrong).message()),
                HasSubstr("SSL certificate problem"));
  }
}

TEST_F(FetcherTlsTest, WantsTheHostsName) {
  MakeAuthority("good");
  MakeServer("good", "DNS:keys.example.com", "1");
  const std::string port = Serve();
  EXPECT_THAT(std::string(Fetch("127.0.0.1", port, "good").message()), HasSubstr("127.0.0.1"));
  EXPECT_THAT(std::string(Fetch("localhost", port, "good").message()),
              HasSubstr("matches target host name 'localhost'"));
}

TEST_F(FetcherTlsTest, WantsACertificateThatIsStillGood) {
  MakeAuthority("good");
  MakeServer("good", "IP:127.0.0.1", "-1");
  EXPECT_THAT(std::string(Fetch("127.0.0.1", Serve(), "good").message()), HasSubstr("expired"));
}

TEST_F(FetcherTlsTest, WantsTls12) {
  MakeAuthority("good");
  MakeServer("good", "IP:127.0.0.1", "1");
  const std::string old = Serve({"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"});
  EXPECT_FALSE(Fetch("127.0.0.1", old, "good").ok());
  const std::string good = Serve({"-tls1_2"});
  EXPECT_TRUE(Fetch("127.0.0.1", good, "good").ok());
}

TEST_F(FetcherTlsTest, AnAuthorityThatIsNoneIsAnError) {
  MakeAuthority("good");
  MakeServer("good", "IP:127.0.0.1", "1");
  EXPECT_FALSE(Fetch("127.0.0.1", Serve(), "missing").ok());
}

}  // namespace
}  // namespace introspectd::fetch
