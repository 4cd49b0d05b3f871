#include "net/watch.h"

#include <utility>

#include "base/check.h"

namespace introspectd::net {

struct Watch::Handle {
  uv_poll_t poll;
  std::function<void()> ready;

  static void OnReady(uv_poll_t* poll, int /*status*/, int /*events*/) noexcept {
    // A copy: it may destroy the watch.
    const auto ready = static_cast<Handle*>(poll->data)->ready;
    if (ready) ready();
  }
  static void OnClosed(uv_handle_t* poll) noexcept { delete static_cast<Handle*>(poll->data); }
};

Watch::Watch(Loop& loop, int fd, std::function<void()> ready)
    : handle_(new Handle{.poll = {}, .ready = std::move(ready)}) {
  CHECK(uv_poll_init(loop.raw(), &handle_->poll, fd) == 0);
  handle_->poll.data = handle_;
}

Watch::~Watch() {
  handle_->ready = nullptr;
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll), Handle::OnClosed);
}

void Watch::Want(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
  } else {
    CHECK(uv_poll_start(&handle_->poll, events, Handle::OnReady) == 0);
  }
}

}  // namespace introspectd::net
