#include "net/listener.h"

#include <utility>

#include "base/check.h"
#include "net/thunk.h"

namespace introspectd::net {

namespace {
constexpr int kBacklog = 4096;
}

Listener::Listener(Loop& loop, Socket socket, bool tcp, std::function<void(Listener&)> accept)
    : tcp_(tcp), accept_(std::move(accept)) {
  if (tcp) {
    CHECK(uv_tcp_init(loop.raw(), &handle_.tcp) == 0);
    CHECK(uv_tcp_open(&handle_.tcp, socket.Release()) == 0);
  } else {
    CHECK(uv_pipe_init(loop.raw(), &handle_.pipe, 0) == 0);
    CHECK(uv_pipe_open(&handle_.pipe, socket.Release()) == 0);
  }
  handle_.any.data = this;
  CHECK(uv_listen(raw(), kBacklog, Thunk<&Listener::OnConnection>::Call) == 0);
}

Listener::~Listener() { CHECK(uv_is_closing(&handle_.any)); }

void Listener::Close() {
  if (!uv_is_closing(&handle_.any)) uv_close(&handle_.any, nullptr);
}

void Listener::OnConnection(int status) {
  // An error (no descriptors left) passes: libuv drops the connection and goes on.
  if (status == 0) accept_(*this);
}

}  // namespace introspectd::net
