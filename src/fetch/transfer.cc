#include "fetch/transfer.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fetch/cache_control.h"
#include "fetch/check_url.h"
#include "text/ascii.h"

namespace introspectd::fetch {

namespace {

// libcurl keeps every line of a head; without a limit a server could send them until time is up.
constexpr std::size_t kHeadBytesMax = std::size_t{64} << 10;

constexpr long kAuthoritiesKept_s = 3600;

// The values of every field of that name in the answer's head.
std::vector<std::string> FieldsOf(CURL* easy, const char* name) {
  std::vector<std::string> values;
  curl_header* header = nullptr;
  for (std::size_t i = 0; curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK;
       ++i) {
    values.emplace_back(header->value);
  }
  return values;
}

}  // namespace

Transfer::Transfer(Fetcher::Request request, Fetcher::Done done)
    : request_(std::move(request)),
      done_(std::move(done)),
      plain_(IsPlain(request_.url)),
      easy_(curl_easy_init()) {
  CHECK(easy_ != nullptr);
  SetUpRequest();
  SetUpTrust();
  SetUpProxy();
  SetUpLimits();
}

// An option that is not taken leaves a default in place, which could be a looser one.
template <class Value>
void Transfer::Set(CURLoption option, Value value) {
  CHECK(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK);
}

void Transfer::SetUpRequest() {
  headers_.reset(curl_slist_append(nullptr, "Accept: application/jwk-set+json, application/json"));
  CHECK(headers_ != nullptr);
  Set(CURLOPT_URL, request_.url.c_str());
  Set(CURLOPT_PROTOCOLS_STR, plain_ ? "http" : "https");
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_HTTPHEADER, headers_.get());
  Set(CURLOPT_USERAGENT, "introspectd");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  // Minutes pass between two fetches from one server: what is kept would have died.
  Set(CURLOPT_FORBID_REUSE, 1L);
  Set(CURLOPT_HEADERFUNCTION, OnHeader);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, OnBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, this);
  Set(CURLOPT_ERRORBUFFER, cause_.data());
}

void Transfer::SetUpTrust() {
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  const bool own = !request_.ca_file.empty();
  if (own) Set(CURLOPT_CAINFO, request_.ca_file.c_str());
  // The system's authorities take 30 ms to read, and libcurl keeps them only when they come from a
  // file alone. Of a file that is named, a new one at the same path is to be seen at once; and the
  // system's directory would be trusted beside it.
  if (!own && curl_version_info(CURLVERSION_NOW)->cainfo == nullptr) return;
  Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  Set(CURLOPT_CA_CACHE_TIMEOUT, own ? 0L : kAuthoritiesKept_s);
}

void Transfer::SetUpProxy() {
  // Plain HTTP is for this machine, and a proxy is another.
  Set(CURLOPT_PROXY, plain_ ? "" : request_.proxy.c_str());
  Set(CURLOPT_NOPROXY, "");  // whatever the environment says
  Set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void Transfer::SetUpLimits() {
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_max.count()));
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_max.count()));
  Set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.bytes_max));
  // A look-up that is given up is left to its thread; waiting for it would hold the loop up.
  Set(CURLOPT_QUICK_EXIT, 1L);
}

std::size_t Transfer::OnHeader(char* /*bytes*/, std::size_t /*one*/, std::size_t size, void* user) {
  auto& self = *static_cast<Transfer*>(user);
  self.head_bytes_ += size;
  self.too_large_ = self.head_bytes_ > kHeadBytesMax;
  return self.too_large_ ? 0 : size;
}

std::size_t Transfer::OnBody(char* bytes, std::size_t /*one*/, std::size_t size, void* user) {
  auto& self = *static_cast<Transfer*>(user);
  if (self.Status() != 200) return 0;  // nobody wants it
  self.too_large_ = self.body_.size() + size > self.request_.bytes_max;
  if (self.too_large_) return 0;
  self.body_.append(bytes, size);
  return size;
}

// A name may have been resolved by a file or a server that says something else than is expected of
// localhost.
curl_socket_t Transfer::OnOpenSocket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& self = *static_cast<Transfer*>(user);
  self.not_loopback_ = self.plain_ && !IsLoopback(address->addr);
  if (self.not_loopback_) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

long Transfer::Status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

absl::StatusOr<Document> Transfer::Take(CURLcode code) {
  absl::Status wrong = absl::OkStatus();
  // Whatever else is wrong with an answer, its status says more.
  const bool answered = code == CURLE_OK || code == CURLE_WRITE_ERROR ||
                        code == CURLE_FILESIZE_EXCEEDED || code == CURLE_PARTIAL_FILE;
  if (answered) wrong = WrongAnswer();
  if (wrong.ok() && code != CURLE_OK) wrong = absl::UnavailableError(CauseOf(code));
  if (!wrong.ok()) {
    return absl::Status(wrong.code(),
                        fmt::format("{}: {}", PlaceOf(request_.url), std::string(wrong.message())));
  }
  const auto age = FieldsOf(easy_.get(), "Age");
  return Document{std::move(body_), MaxAgeOf(FieldsOf(easy_.get(), "Cache-Control"),
                                             age.empty() ? std::string() : age.front())};
}

absl::Status Transfer::WrongAnswer() const {
  const long status = Status();
  if (too_large_ && head_bytes_ > kHeadBytesMax) {
    return absl::ResourceExhaustedError(
        fmt::format("the head of the answer is over {} bytes", kHeadBytesMax));
  }
  if (status / 100 == 3) {
    return absl::UnavailableError(
        fmt::format("it answered {}, and redirects are not followed", status));
  }
  if (status != 200) return absl::UnavailableError(fmt::format("it answered {}", status));
  for (const std::string& coding : FieldsOf(easy_.get(), "Content-Encoding")) {
    if (!text::EqualsIgnoreCase(coding, "identity")) {
      return absl::UnavailableError("it sent an answer with a Content-Encoding");
    }
  }
  return absl::OkStatus();
}

// Without durations and byte counts, which libcurl's own sentences have: the same failure is to
// have the same text every time, so that it is logged once.
std::string Transfer::CauseOf(CURLcode code) const {
  const bool too_large = too_large_ || code == CURLE_FILESIZE_EXCEEDED;
  if (too_large) return fmt::format("the answer is over {} bytes", request_.bytes_max);
  if (not_loopback_) return "it is not a loopback address, and plain http is for those only";
  switch (code) {
    case CURLE_COULDNT_CONNECT: {
      long error = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
      return fmt::format("no connection: {}",
                         error == 0 ? curl_easy_strerror(code)
                                    : std::generic_category().message(static_cast<int>(error)));
    }
    case CURLE_OPERATION_TIMEDOUT:
      return TimeoutCause();
    case CURLE_PARTIAL_FILE:
      return "the answer was cut";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      if (cause_[0] == '\0') return curl_easy_strerror(code);
      [[fallthrough]];
    default:
      return cause_[0] != '\0' ? cause_.data() : curl_easy_strerror(code);
  }
}

std::string Transfer::TimeoutCause() const {
  curl_off_t connected = 0;
  curl_easy_getinfo(easy_.get(), plain_ ? CURLINFO_CONNECT_TIME_T : CURLINFO_APPCONNECT_TIME_T,
                    &connected);
  return connected == 0 ? fmt::format("no connection within {} ms", request_.connect_max.count())
                        : fmt::format("no whole answer within {} ms", request_.total_max.count());
}

}  // namespace introspectd::fetch
