// The bytes of one connection, plain or over TLS.
//
// Threads: one thread; a TlsClient may be shared by the connections of one thread.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "load/clock.h"

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace introspectd::load {

struct TlsOptions {
  std::string ca_file;    // "": the system's
  bool insecure = false;  // takes any certificate
  bool resume = false;    // new connections resume the last session
};

class TlsClient {
 public:
  static absl::StatusOr<std::unique_ptr<TlsClient>> Create(const TlsOptions& options,
                                                           const std::string& host);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

 private:
  friend class Transport;
  TlsClient(const TlsOptions& options, const std::string& host);
  void Keep(ssl_session_st* session);

  const TlsOptions options_;
  const std::string host_;
  ssl_ctx_st* context_;
  ssl_session_st* session_ = nullptr;  // the last one, for the next connection
};

class Transport {
 public:
  static constexpr std::ptrdiff_t kAgain = -1;  // not now
  static constexpr std::ptrdiff_t kLost = -2;

  Transport() = default;
  ~Transport() { Close(); }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Takes over `fd`, on its way to being connected. `tls` is borrowed; nullptr: plain.
  void Open(int fd, TlsClient* tls);
  void Close();
  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // Once connected: 0 when done, kAgain, kLost.
  std::ptrdiff_t Handshake();
  bool resumed() const;

  // How many bytes, kAgain, or kLost (the end, too).
  std::ptrdiff_t Read(char* bytes, std::size_t room);
  // Whether there may be more of what the socket has given already.
  bool HoldsMore() const;
  std::ptrdiff_t Write(std::string_view bytes);
  // When the kernel had what was read last, on the clock of CLOCK_REALTIME; 0: it did not say.
  Nanos arrived_at() const { return arrived_at_; }

 private:
  std::ptrdiff_t Judge(int result) const;

  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
  Nanos arrived_at_ = 0;
};

}  // namespace introspectd::load
