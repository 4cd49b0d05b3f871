#include "net/listener.h"

#include <limits>
#include <utility>

#include "base/check.h"
#include "net/thunk.h"

namespace introspectd::net {

namespace {

// As long as the system lets it be (net.core.somaxconn): a socket that is passed on must not get a
// shorter one than it had.
constexpr int kBacklog = std::numeric_limits<int>::max();
constexpr std::uint64_t kPause_ms = 100;

}  // namespace

Listener::Listener(Loop& loop, Socket socket, bool tcp, std::function<void(Listener&)> accept)
    : loop_(loop),
      socket_(std::move(socket)),
      tcp_(tcp),
      accept_(std::move(accept)),
      try_again_(loop, [this] { Open(); }) {
  Open();
}

Listener::~Listener() { CHECK(closed_); }

void Listener::Open() {
  auto socket = Duplicate(socket_);
  if (!socket.ok()) return try_again_.Start(kPause_ms, 0);
  if (tcp_) {
    CHECK(uv_tcp_init(loop_.raw(), &handle_.tcp) == 0);
    CHECK(uv_tcp_open(&handle_.tcp, socket->Release()) == 0);
  } else {
    CHECK(uv_pipe_init(loop_.raw(), &handle_.pipe, 0) == 0);
    CHECK(uv_pipe_open(&handle_.pipe, socket->Release()) == 0);
  }
  handle_.any.data = this;
  CHECK(uv_listen(raw(), kBacklog, Thunk<&Listener::OnConnection>::Call) == 0);
  open_ = true;
}

void Listener::Close() {
  closed_ = true;
  socket_ = Socket();  // who comes now is refused at once
  try_again_.Close();
  if (std::exchange(open_, false)) uv_close(&handle_.any, nullptr);
}

void Listener::OnConnection(int status) {
  if (status == 0) return accept_(*this);
  open_ = false;
  uv_close(&handle_.any, nullptr);
  try_again_.Start(kPause_ms, 0);
}

}  // namespace introspectd::net
