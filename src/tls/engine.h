// TLS of one connection, the server's side: bytes in, bytes out.
//
//   kHandshake → kOpen → kEnded
//        └─────────┴───→ kFailed
//
// Threads: loop-confined.
// Owner:   server::Connection. Its address must not change.
// Limits:  a record of 16 KiB is held; kPostHandshakeMax messages after the handshake, each of
// which
//          makes new keys or asks for what is refused.
// Cost:    two buffers of 16 KiB while the peer is busy (ReleaseBuffers gives them back).
// Source:  RFC 8446, RFC 5246; no renegotiation (RFC 5746), no early data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/certificate.h"
#include "introspectd/time.h"
#include "tls/context.h"

struct bio_st;
struct bio_method_st;
struct ssl_st;

namespace introspectd::tls {

class Engine {
 public:
  enum class State : std::uint8_t {
    kHandshake,
    kOpen,
    kEnded,   // the peer has said that it sends no more; it still reads
    kFailed,  // what Send says then tells why, and nothing more is said
  };

  explicit Engine(std::shared_ptr<const Context> context);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  State state() const { return state_; }
  const Context& context() const { return *context_; }

  // Takes all of `in`, which is borrowed until return. What the peer says in it is written to
  // `plain`, which must have PlainRoom(in.size()) bytes; returns how much that is.
  std::size_t Receive(std::string_view in, Now now, std::span<char> plain);
  // What can come of so many bytes, and of what is held.
  static constexpr std::size_t PlainRoom(std::size_t in) { return in + kRecordBytesMax; }

  // Appends to `out` what must be sent: what Receive and End left, and what says `plain`, which
  // only may be something once the handshake is done; it is dropped when the engine has failed.
  void Send(std::string_view plain, std::string& out);
  // Nothing more is said.
  void End();

  bool resumed() const;
  // Of the client, once the handshake is done; nothing: it has shown none.
  std::optional<crypto::PeerCertificate> ReadCertificate() const;

  // Lets go of the buffers when nothing is held in them. They come back when they are needed.
  void ReleaseBuffers();
  // What it has allocated, as far as is known.
  std::size_t allocated_bytes() const;

  static constexpr int kPostHandshakeMax = 64;
  static constexpr std::size_t kRecordBytesMax = 16'384;

 private:
  static const bio_method_st* Method();
  static int ReadBio(bio_st* bio, char* to, int size);
  static int WriteBio(bio_st* bio, const char* from, int size);
  static void OnMessage(int is_write, int version, int content_type, const void* bytes,
                        std::size_t size, ssl_st* ssl, void* engine);

  void ShakeHands();
  std::size_t Read(std::span<char> plain);
  void Judge(int result);
  void Fail();

  friend struct Context::Impl;  // asks for the time

  const std::shared_ptr<const Context> context_;
  ssl_st* ssl_;
  State state_ = State::kHandshake;
  Now now_{};
  std::string_view in_;          // during Receive
  std::string unsent_;           // few, and not for long
  std::string* out_ = &unsent_;  // where to what OpenSSL says goes
  int post_handshake_ = 0;
  bool has_buffers_ = true;
};

}  // namespace introspectd::tls
