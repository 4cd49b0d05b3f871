#include "net/stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/check.h"
#include "net/listener.h"
#include "net/thunk.h"

namespace introspectd::net {

namespace {

// Of what a peer has not taken, the kernel keeps no more than its window and this; otherwise it
// takes megabytes for each of those that never read, and nobody counts them.
constexpr int kUnsentBytesMax = 16 * 1024;

void BoundUnsent(const uv_handle_t& handle) {
  uv_os_fd_t fd = -1;
  if (uv_fileno(&handle, &fd) != 0) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax, sizeof kUnsentBytesMax);
}

}  // namespace

Stream::Stream(Loop& loop, StreamOwner& owner, std::span<char> read_buffer)
    : loop_(loop), owner_(owner), read_buffer_(read_buffer) {}

bool Stream::Accept(Listener& listener) {
  unwritten_.clear();
  reading_ = false;
  peer_.reset();
  if (listener.is_tcp()) {
    CHECK(uv_tcp_init(loop_.raw(), &handle_.tcp) == 0);
  } else {
    CHECK(uv_pipe_init(loop_.raw(), &handle_.pipe, 0) == 0);
  }
  handle_.any.data = this;
  write_request_.data = this;
  if (uv_accept(listener.raw(), raw()) != 0) {
    Close();
    return false;
  }
  if (listener.is_tcp()) {
    uv_tcp_nodelay(&handle_.tcp, 1);
    BoundUnsent(handle_.any);
    ReadPeer();
  }
  return true;
}

void Stream::ReadPeer() {
  sockaddr_storage peer{};
  int size = sizeof peer;
  if (uv_tcp_getpeername(&handle_.tcp, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return;
  peer_ = BytesOf(peer);
}

void Stream::StartReading() {
  if (reading_) return;
  reading_ =
      uv_read_start(raw(), Thunk<&Stream::OnAlloc>::Call, Thunk<&Stream::OnUvRead>::Call) == 0;
}

void Stream::StopReading() {
  if (!reading_) return;
  uv_read_stop(raw());
  reading_ = false;
}

void Stream::OnAlloc(std::size_t /*suggested*/, uv_buf_t* buffer) {
  *buffer = uv_buf_init(read_buffer_.data(), static_cast<unsigned>(read_buffer_.size()));
}

void Stream::OnUvRead(ssize_t size, const uv_buf_t* buffer) {
  if (size > 0) {
    owner_.OnRead({buffer->base, static_cast<std::size_t>(size)});
  } else if (size == UV_EOF) {
    StopReading();
    owner_.OnReadEnd();
  } else if (size < 0) {
    StopReading();
    owner_.OnBroken();
  }
}

Stream::Written Stream::Write(std::string_view bytes) {
  CHECK(!writing());
  uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int written = uv_try_write(raw(), &buffer, 1);
  if (written == static_cast<int>(bytes.size())) return Written::kAll;
  if (written < 0 && written != UV_EAGAIN) return Written::kBroken;
  unwritten_.assign(bytes.substr(written < 0 ? 0 : static_cast<std::size_t>(written)));
  buffer = uv_buf_init(unwritten_.data(), static_cast<unsigned>(unwritten_.size()));
  if (uv_write(&write_request_, raw(), &buffer, 1, Thunk<&Stream::OnUvWritten>::Call) != 0) {
    unwritten_.clear();
    return Written::kBroken;
  }
  return Written::kSome;
}

void Stream::OnUvWritten(int status) {
  std::string().swap(unwritten_);      // few connections need it, and not for long
  if (status == UV_ECANCELED) return;  // closing
  if (status == 0) {
    owner_.OnWritten();
  } else {
    owner_.OnBroken();
  }
}

void Stream::ShutDown() {
  // An error means that the peer is gone, which reading will tell.
  uv_shutdown(&shutdown_request_, raw(), [](uv_shutdown_t*, int) {});
}

void Stream::Close() {
  if (uv_is_closing(&handle_.any)) return;
  uv_close(&handle_.any, Thunk<&Stream::OnUvClosed>::Call);
}

void Stream::Reset() {
  const bool tcp = handle_.any.type == UV_TCP && !uv_is_closing(&handle_.any);
  if (!tcp || uv_tcp_close_reset(&handle_.tcp, Thunk<&Stream::OnUvClosed>::Call) != 0) Close();
}

void Stream::OnUvClosed() { owner_.OnClosed(); }

}  // namespace introspectd::net
