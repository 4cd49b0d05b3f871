// HTTP as it is on the wire: a strict reader of responses, and a client that sends raw bytes.
//
// Threads: one owner. Every wait has a deadline; what goes wrong is thrown as WireError, so that
// the test that meets it fails with a sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/wait_until.h"

namespace introspectd::support {

class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // in order, names in lower case
  std::string body;

  // nullopt when the field is absent.
  std::optional<std::string> Header(std::string_view lower_name) const;
};

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

enum class Progress : std::uint8_t { kComplete, kIncomplete, kMalformed };

// What stands at the front of a stream of responses.
struct Parsed {
  Progress progress = Progress::kIncomplete;
  Response response;     // kComplete
  std::size_t size = 0;  // kComplete: the bytes that it takes
  std::string problem;   // kMalformed
};

// What kind of response comes next: its own bytes do not say all of it.
struct Expecting {
  bool to_head = false;  // no body, whatever its length says
  bool chunks = false;   // Transfer-Encoding: chunked is fine, as the export of tokens needs it
};

// Strict: HTTP/1.1, CRLF, token names, no field twice, exactly one length.
Parsed ParseResponse(std::string_view stream, Expecting expecting = {});

class Connection {
 public:
  // 127.0.0.1; `from` is an address of the loopback network to come from.
  static Connection ToPort(std::uint16_t port, const std::string& from = "127.0.0.1");
  static Connection ToUnix(const std::string& path);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  // The longest that one call may take; 10 s unless told.
  void SetDeadline(milliseconds longest) { longest_ = longest; }

  void Send(std::string_view bytes);
  void SendInPieces(std::string_view bytes, std::size_t piece_size, milliseconds pause = {});
  // As many bytes as go without waiting; 0 when the peer takes none. Throws when it has closed.
  std::size_t SendSome(std::string_view bytes);
  void ShutdownSending();

  Response Read(Expecting expecting = {});
  // Send and Read.
  Response Ask(std::string_view request, Expecting expecting = {});
  // The next `size` bytes, whatever they are.
  std::string ReadExactly(std::size_t size);
  // Everything up to the peer's end, which must come in time.
  std::string ReadToEnd();
  // The peer ended without another byte.
  bool EndsSilently() { return ReadToEnd().empty(); }
  // Nothing comes, not even the end, for `time`.
  bool StaysOpen(milliseconds time = milliseconds(100));

  int fd() const { return fd_; }

 private:
  explicit Connection(int fd) : fd_(fd) {}
  // False at the peer's end; throws WireError at the deadline and on a reset.
  bool Receive(SteadyClock::time_point deadline);
  bool WaitFor(short events, SteadyClock::time_point deadline) const;

  int fd_ = -1;
  milliseconds longest_ = seconds(10);
  std::string received_;
};

}  // namespace introspectd::support
