// A small HTTP/1.1 server for tests of clients: keeps connections, reads chunked bodies, and can
// misbehave on purpose.
//
// Threads: a thread per connection; the handler is called by one of them at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace introspectd::fetch {

class HttpDouble {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    bool body_is_whole = false;  // false: the connection ended before the body did
  };

  struct Response {
    int status = 200;
    std::vector<std::string> headers;  // "Retry-After: 1"
    std::string body;
    std::optional<std::size_t> cut_after =
        {};               // sends so many bytes of a chunked body, then closes
    bool silent = false;  // never answers
  };

  using Handler = std::function<Response(const Request&)>;

  explicit HttpDouble(Handler handler);                  // 127.0.0.1, any free port
  HttpDouble(const std::string& path, Handler handler);  // a unix socket
  ~HttpDouble();
  HttpDouble(const HttpDouble&) = delete;
  HttpDouble& operator=(const HttpDouble&) = delete;

  // Ends all threads; what handlers wrote may be read then.
  void Stop();

  // As the programs take it.
  const std::string& url() const { return url_; }
  int connections() const { return connections_; }

 private:
  void Listen(int listener);
  void Serve(int connection);
  bool ServeOne(int connection, std::string& input);

  Handler handler_;
  std::string url_;
  int listener_ = -1;
  std::atomic<int> connections_ = 0;

  std::mutex mutex_;  // guards what follows, and calls of the handler
  std::vector<int> open_;
  std::vector<std::thread> threads_;

  std::thread acceptor_;  // last: it uses all of the above
};

}  // namespace introspectd::fetch
