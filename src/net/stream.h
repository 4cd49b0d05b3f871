// A stream: one accepted connection, TCP or unix, as bytes in and bytes out.
//
// Threads: loop-confined.
// Owner:   server::Connection, which is a slot of its pool; a stream is opened again and again, and
// its
//          memory may only go when it is closed (OnClosed).
// Limits:  one write at a time; reads go into a buffer that the whole loop shares; TCP: what the
//          kernel keeps for a peer that reads nothing.
#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "net/network.h"

namespace introspectd::net {

class Listener;

// Who a stream talks to. Nothing is called after OnClosed.
class StreamOwner {
 public:
  virtual void OnRead(std::string_view bytes) = 0;  // borrowed until return
  virtual void OnReadEnd() = 0;                     // the peer sends no more
  virtual void OnWritten() = 0;                     // what Write left over is written, too
  virtual void OnBroken() = 0;                      // the peer is gone; only Close is of use
  virtual void OnClosed() = 0;

 protected:
  ~StreamOwner() = default;
};

class Stream {
 public:
  // `read_buffer` is shared by all streams of the loop.
  Stream(Loop& loop, StreamOwner& owner, std::span<char> read_buffer);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes the next connection of the listener; false when there is none any more. The stream is
  // then closed already: OnClosed comes.
  bool Accept(Listener& listener);

  void StartReading();
  void StopReading();

  enum class Written : std::uint8_t { kAll, kSome, kBroken };
  // Writes what the socket takes and keeps the rest until OnWritten. Not while writing().
  Written Write(std::string_view bytes);
  bool writing() const { return !unwritten_.empty(); }
  std::size_t unwritten() const { return handle_.stream.write_queue_size; }

  void ShutDown();  // no more writes
  void Close();     // OnClosed comes in the next turn
  // The same, and the kernel is not to keep what the peer has not taken yet.
  void Reset();

  // The peer's address; nothing for unix.
  const std::optional<AddressBytes>& peer() const { return peer_; }
  // What it has allocated.
  std::size_t allocated_bytes() const { return unwritten_.capacity(); }

 private:
  void OnAlloc(std::size_t suggested, uv_buf_t* buffer);
  void OnUvRead(ssize_t size, const uv_buf_t* buffer);
  void OnUvWritten(int status);
  void OnUvClosed();
  uv_stream_t* raw() { return &handle_.stream; }
  void ReadPeer();

  Loop& loop_;
  StreamOwner& owner_;
  const std::span<char> read_buffer_;
  union {
    uv_handle_t any;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_;
  uv_write_t write_request_;
  uv_shutdown_t shutdown_request_;
  std::string unwritten_;
  std::optional<AddressBytes> peer_;
  bool reading_ = false;
};

}  // namespace introspectd::net
