// Fetches small documents over HTTPS on a loop, without waiting: libcurl's multi interface.
//
// Threads: the loop's.
// Owner:   whoever made it; Close() gives up what is under way.
// Limits:  no redirects; certificates and host names are checked; plain HTTP only to loopback; no
//          proxy but the one named; size and time as given; no compressed answers; no cookies,
//          netrc or authentication.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/loop.h"

namespace introspectd::fetch {

// https://HOST[:PORT][/PATH][?QUERY], or http:// to 127.0.0.0/8, [::1] or localhost; no user name,
// password or fragment. Errors say what is wrong without repeating `url`.
absl::Status CheckUrl(std::string_view url);

// http:// or https:// and a host, for URLs that are only compared; the rest as CheckUrl.
absl::Status CheckPublicUrl(std::string_view url);

struct Document {
  std::string body;
  // How long it may be kept (Cache-Control: max-age less Age; no-store and no-cache: 0). Nothing
  // said: none.
  std::optional<std::int64_t> max_age_s;
};

class Fetcher {
 public:
  struct Request {
    std::string url;
    std::string ca_file;  // PEM; "" = the system's
    std::string proxy;    // http://HOST:PORT; "" = none
    std::size_t bytes_max = 256 << 10;
    std::chrono::milliseconds connect_max{2'000};
    std::chrono::milliseconds total_max{5'000};
  };
  // Any answer but 200 is an error. Sentences name host and cause, and are safe to log.
  using Done = std::function<void(absl::StatusOr<Document>)>;

  explicit Fetcher(net::Loop& loop);  // borrowed
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // `done` is called once, later, from the loop; not after Close. It may call Get.
  void Get(Request request, Done done);
  // What is under way is given up without a word; nothing more can be asked for.
  void Close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::fetch
