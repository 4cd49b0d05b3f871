// The one way from a libuv callback to a member function: the only cast from void* there is.
//
//   uv_read_start(stream, Thunk<&Stream::OnAlloc>::Call, Thunk<&Stream::OnRead>::Call);
//
// Threads: whichever loop calls.
#pragma once

namespace introspectd::net {

template <auto kMethod>
struct Thunk;

// noexcept: an exception must never unwind through libuv.
template <class Owner, class... Args, void (Owner::*kMethod)(Args...)>
struct Thunk<kMethod> {
  template <class Handle>
  static void Call(Handle* handle, Args... args) noexcept {
    (static_cast<Owner*>(handle->data)->*kMethod)(args...);
  }
};

}  // namespace introspectd::net
