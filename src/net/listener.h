// A listener: tells its owner that a connection waits to be accepted.
//
// Threads: loop-confined.
//
// Without descriptors left libuv would try the same connection again for ever, inside one call. The
// listener then lets go of its handle, and takes the connections up a moment later: the socket
// itself is kept, so that they wait in its queue.
#pragma once

#include <uv.h>

#include <functional>

#include "net/loop.h"
#include "net/socket.h"

namespace introspectd::net {

class Listener {
 public:
  // `accept` takes the connection with Stream::Accept before it returns; if it does not, that one
  // and all behind it wait for AcceptWaiting.
  Listener(Loop& loop, Socket socket, bool tcp, std::function<void(Listener&)> accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Offers the connection again that was not taken.
  void AcceptWaiting() {
    if (open_) accept_(*this);
  }
  void Close();
  bool is_tcp() const { return tcp_; }
  uv_stream_t* raw() { return &handle_.stream; }

 private:
  void Open();
  void OnConnection(int status);

  Loop& loop_;
  Socket socket_;
  const bool tcp_;
  std::function<void(Listener&)> accept_;
  union {
    uv_handle_t any;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_;
  bool open_ = false;  // the handle is; otherwise it is closed, or closing
  bool closed_ = false;
  Timer try_again_;
};

}  // namespace introspectd::net
