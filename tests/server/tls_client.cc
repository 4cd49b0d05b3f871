#include "server/tls_client.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "server/pool_rig.h"

namespace introspectd::server {

namespace {

constexpr int kPatience_ms = 30'000;

}  // namespace

std::shared_ptr<const tls::Context> MakeTlsContext() {
  static const support::Authority authority;
  const support::Certified certified = authority.Issue();
  const TlsConfig config{
      .certificate = "c", .key = "k", .pem = {certified.certificate, certified.key, ""}};
  return std::make_shared<const tls::Context>(
      std::make_shared<const tls::Library>(), config,
      tls::Context::Options{"data", tls::AskClients::kNo, crypto::ProcessKey{}});
}

void TlsClient::ShakeHands() {
  while (!client_.done() && !testing::Test::HasFatalFailure()) {
    Hear();
    Send("");
  }
}

void TlsClient::Send(std::string_view plain) {
  client_.Say(plain);
  connection_.Send(client_.Next());
}

void TlsClient::ReadUntil(std::string_view end) {
  std::string said;
  while (!said.ends_with(end) && !testing::Test::HasFatalFailure()) {
    Hear();
    client_.Next();
    said += client_.Take();
  }
}

void TlsClient::Hear() {
  pollfd readable{.fd = connection_.fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&readable, 1, kPatience_ms), 1);
  std::array<char, 4096> bytes;
  const ssize_t size = recv(connection_.fd(), bytes.data(), bytes.size(), 0);
  ASSERT_GT(size, 0);
  client_.Feed({bytes.data(), static_cast<std::size_t>(size)});
}

std::vector<std::unique_ptr<TlsClient>> ConnectTls(PoolRig& rig, int count) {
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<TlsClient>(rig.Connect()));
  return clients;
}

}  // namespace introspectd::server
