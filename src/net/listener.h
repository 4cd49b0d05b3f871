// A listener: tells its owner that a connection waits to be accepted.
//
// Threads: loop-confined.
#pragma once

#include <uv.h>

#include <functional>

#include "net/loop.h"
#include "net/socket.h"

namespace introspectd::net {

class Listener {
 public:
  // `accept` must take the connection with Stream::Accept before it returns.
  Listener(Loop& loop, Socket socket, bool tcp, std::function<void(Listener&)> accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void Close();
  bool is_tcp() const { return tcp_; }
  uv_stream_t* raw() { return reinterpret_cast<uv_stream_t*>(&handle_); }

 private:
  void OnConnection(int status);

  union {
    uv_handle_t any;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_;
  const bool tcp_;
  std::function<void(Listener&)> accept_;
};

}  // namespace introspectd::net
