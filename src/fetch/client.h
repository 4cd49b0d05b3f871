// A blocking HTTP/1.1 client for one server, over libcurl.
//
// Threads: one Client, one thread at a time; it keeps its connection between requests.
// Limits:  no redirects; no proxy from the environment, which would be shown the bearer token; an
//          answer that nobody streams is kept up to kAnswerBytesMax.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fetch/endpoint.h"

namespace introspectd::fetch {

inline constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;

struct ClientOptions {
  Endpoint endpoint;
  std::string ca_file;  // what an https server's certificate is checked against; "" = the system's
  std::string bearer;   // the token of `Authorization: Bearer`; "" = none
  std::chrono::milliseconds connect_max{5'000};
  std::chrono::seconds stall_max{60};  // no byte went either way for so long
};

// Fills the buffer with the next bytes of a body; returns how many, 0 at its end, none to give up.
using Source = std::function<std::optional<std::size_t>(std::span<char> buffer)>;

// Takes the next bytes of an answer; false gives up.
using Sink = std::function<bool(std::string_view bytes)>;

// All borrowed until Perform returns.
struct Request {
  std::string_view method = "GET";  // GET or POST
  std::string_view target;          // "/v1/tokens?to=node"
  std::string_view content_type;    // POST
  std::string_view body;            // POST without a source
  Source source;                    // POST: sent chunked
  Sink sink;                        // gets the body of a 2xx answer, piece by piece
};

struct Response {
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string body;  // "" when the sink got it
};

class Client {
 public:
  // InvalidArgument when the bearer token has a byte that no token has.
  static absl::StatusOr<Client> Create(ClientOptions options);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Any answer is a Response, whatever its status. Unavailable: no connection, cut or stalled;
  // Cancelled: source or sink gave up; ResourceExhausted: an answer over kAnswerBytesMax.
  // The sentence names the server and the cause, never a credential.
  [[nodiscard]] absl::StatusOr<Response> Perform(const Request& request);

  const Endpoint& endpoint() const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::fetch
