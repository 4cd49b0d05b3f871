// One request of a Fetcher on its way: what libcurl is told, and what became of it.
//
// Threads: the loop's.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "fetch/curl_handles.h"
#include "fetch/fetcher.h"

namespace introspectd::fetch {

class Transfer {
 public:
  // The URL and the proxy are good.
  Transfer(Fetcher::Request request, Fetcher::Done done);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() { return easy_.get(); }
  // Once, when libcurl is done with it.
  absl::StatusOr<Document> Take(CURLcode code);
  Fetcher::Done TakeDone() { return std::move(done_); }

 private:
  static std::size_t OnHeader(char* bytes, std::size_t one, std::size_t size, void* user);
  static std::size_t OnBody(char* bytes, std::size_t one, std::size_t size, void* user);
  static curl_socket_t OnOpenSocket(void* user, curlsocktype purpose, curl_sockaddr* address);

  template <class Value>
  void Set(CURLoption option, Value value);
  void SetUpRequest();
  void SetUpTrust();
  void SetUpProxy();
  void SetUpLimits();

  long Status() const;
  std::string CauseOf(CURLcode code) const;
  std::string TimeoutCause() const;
  absl::Status WrongAnswer() const;

  const Fetcher::Request request_;
  Fetcher::Done done_;
  const bool plain_;
  const Easy easy_;
  List headers_;
  std::array<char, CURL_ERROR_SIZE> cause_{};
  std::size_t head_bytes_ = 0;
  bool too_large_ = false;
  bool not_loopback_ = false;
  std::string body_;
};

}  // namespace introspectd::fetch
