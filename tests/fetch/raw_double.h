// A server for tests that reads a request's head and then writes whatever a test says, as slowly as
// it says.
//
// Threads: one for all connections, one after the other.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "support/loopback_listener.h"

namespace introspectd::fetch {

class RawDouble {
 public:
  // What a script has to write to; false: the client has gone.
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    bool Write(std::string_view bytes) const {
      return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(bytes.size());
    }
    bool WriteSlowly(std::string_view bytes, std::chrono::milliseconds pause) const {
      for (const char byte : bytes) {
        if (!Write({&byte, 1})) return false;
        std::this_thread::sleep_for(pause);
      }
      return true;
    }

   private:
    const int fd_;
  };
  using Script = std::function<void(const Peer& peer, const std::string& head)>;

  explicit RawDouble(Script script) : script_(std::move(script)), thread_([this] { Serve(); }) {}
  ~RawDouble() {
    shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
  }
  RawDouble(const RawDouble&) = delete;
  RawDouble& operator=(const RawDouble&) = delete;

  std::string place() const { return "127.0.0.1:" + std::to_string(listener_.port()); }
  std::string url() const { return "http://" + place(); }
  int connections() const { return connections_; }

 private:
  void Serve() {
    for (;;) {
      const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      std::string head;
      char byte = 0;
      while (!head.ends_with("\r\n\r\n") && recv(fd, &byte, 1, 0) == 1) head += byte;
      script_(Peer(fd), head);
      close(fd);
    }
  }

  const Script script_;
  const support::LoopbackListener listener_;
  std::atomic<int> connections_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace introspectd::fetch
