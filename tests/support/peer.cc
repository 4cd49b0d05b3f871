#include "support/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "json/document.h"

namespace introspectd::support {

namespace {

// Sockets rather than pipes: writing to a peer that is gone is an error then, and no signal.
int MakeConversation(int& theirs) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error("no socket pair");
  }
  theirs = ends[1];
  return ends[0];
}

std::vector<std::string> Command(const std::string& script,
                                 const std::vector<std::string>& arguments) {
  const std::filesystem::path peers = INTROSPECTD_PEERS;
  if (!std::filesystem::exists(peers / "installed")) {
    throw std::runtime_error("the peers are not installed: ctest --preset ... -R peers_install");
  }
  std::vector<std::string> command = {"/usr/bin/env", "node", (peers / script).string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

Peer::Peer(const std::string& script, const std::vector<std::string>& arguments)
    : ours_(MakeConversation(theirs_)),
      child_(Command(script, arguments),
             {.output = directory_.path() / "log", .open_files_max = {}, .conversation = theirs_}) {
  close(theirs_);  // so that its end is seen
  greeting_ = ReadLine(seconds(30));
}

Peer::~Peer() { close(ours_); }

void Peer::Fail(const std::string& what) const { throw std::runtime_error(what + "\n" + log()); }

std::string Peer::ReadLine(milliseconds longest) {
  const auto deadline = SteadyClock::now() + longest;
  while (true) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      const std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
    pollfd wait{.fd = ours_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
      Fail("the peer says nothing");
    }
    char buffer[4096];
    const ssize_t size = recv(ours_, buffer, sizeof buffer, 0);
    if (size <= 0) Fail("the peer has ended");
    received_.append(buffer, static_cast<std::size_t>(size));
  }
}

std::string Peer::Ask(std::string_view line, milliseconds longest) {
  const std::string text = std::string(line) + "\n";
  // Short enough for the socket's buffer, which is empty: it has answered all lines before.
  if (send(ours_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    Fail("the peer has ended");
  }
  std::string answer = ReadLine(longest);
  if (answer.starts_with(R"({"error":)")) Fail(std::string(line) + ": " + answer);
  return answer;
}

void Peer::Kill() {
  child_.Signal(SIGKILL);
  if (!child_.Wait()) Fail("the peer cannot be killed");
}

std::string MemberOf(std::string_view object, std::string_view name) {
  json::Parser parser(std::max<std::size_t>(object.size(), 1), 16);
  const bool good = parser.ParseObject(object) == json::Error::kNone;
  const json::Member* member = good ? json::Find(parser.members(), name) : nullptr;
  if (member == nullptr) {
    throw std::runtime_error("no " + std::string(name) + " in " + std::string(object));
  }
  const json::Value& value = member->value;
  return std::string(value.type == json::Type::kString ? value.string : value.raw);
}

}  // namespace introspectd::support
