#include "fetch/client.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "fetch/curl_handles.h"

namespace introspectd::fetch {

namespace {

class Headers {
 public:
  void Add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_.get(), line.c_str());
    CHECK(longer != nullptr);
    static_cast<void>(list_.release());
    list_.reset(longer);
  }
  curl_slist* get() const { return list_.get(); }

 private:
  List list_;
};

// One request on its way; what libcurl's callbacks get.
struct Exchange {
  const Request& request;
  CURL* easy;
  Response response;
  bool gave_up = false;
  bool too_large = false;
};

int StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::optional<std::chrono::seconds> RetryAfterOf(CURL* easy) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds <= 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

std::size_t OnBody(char* bytes, std::size_t /*one*/, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.request.sink && StatusOf(exchange.easy) / 100 == 2) {
    exchange.gave_up = !exchange.request.sink({bytes, size});
    return exchange.gave_up ? 0 : size;
  }
  std::string& body = exchange.response.body;
  exchange.too_large = body.size() + size > kAnswerBytesMax;
  if (exchange.too_large) return 0;
  body.append(bytes, size);
  return size;
}

std::size_t OnSource(char* buffer, std::size_t unit, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const auto size = exchange.request.source({buffer, unit * count});
  exchange.gave_up = !size.has_value();
  return size.value_or(CURL_READFUNC_ABORT);
}

void SetUpBody(CURL* easy, Exchange& exchange, Headers& headers) {
  const Request& request = exchange.request;
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  headers.Add(fmt::format("Content-Type: {}", request.content_type));
  if (request.source) {
    headers.Add("Transfer-Encoding: chunked");
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, OnSource);
    curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
    // On a kept connection that has died, libcurl would want to read the body a second time.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  } else {
    headers.Add("Expect:");  // no round trip more for a body that is at hand
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
}

void SetUpConnection(CURL* easy, const ClientOptions& options) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_max.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_max.count()));
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!options.endpoint.socket_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options.endpoint.socket_path.c_str());
  }
}

// RFC 6750 2.1 allows fewer; what matters is that none of them ends a header line.
bool IsTokenByte(char c) { return c > 0x20 && c < 0x7f; }

}  // namespace

struct Client::Impl {
  ClientOptions options;
  Easy easy;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

const Endpoint& Client::endpoint() const { return impl_->options.endpoint; }

absl::StatusOr<Client> Client::Create(ClientOptions options) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(global == CURLE_OK);
  if (!std::all_of(options.bearer.begin(), options.bearer.end(), IsTokenByte)) {
    return absl::InvalidArgumentError(
        "the bearer token has a byte that no token has: it must be visible ASCII on one line");
  }
  auto impl = std::make_unique<Impl>(Impl{std::move(options), Easy(curl_easy_init())});
  CHECK(impl->easy != nullptr);
  return Client(std::move(impl));
}

absl::StatusOr<Response> Client::Perform(const Request& request) {
  CURL* const easy = impl_->easy.get();
  curl_easy_reset(easy);  // keeps the connection
  Exchange exchange{request, easy, {}};
  std::array<char, CURL_ERROR_SIZE> cause{};
  const std::string url = impl_->options.endpoint.base + std::string(request.target);
  Headers headers;
  headers.Add("User-Agent: introspectd");
  if (!impl_->options.bearer.empty()) {
    headers.Add(fmt::format("Authorization: Bearer {}", impl_->options.bearer));
  }
  SetUpConnection(easy, impl_->options);
  if (request.method == "POST") SetUpBody(easy, exchange, headers);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, cause.data());

  const CURLcode code = curl_easy_perform(easy);
  const std::string server = impl_->options.endpoint.ToString();
  if (exchange.gave_up) return absl::CancelledError(fmt::format("{}: given up", server));
  if (exchange.too_large) {
    return absl::ResourceExhaustedError(
        fmt::format("{}: the answer is over {} bytes", server, kAnswerBytesMax));
  }
  if (code != CURLE_OK) {
    return absl::UnavailableError(
        fmt::format("{}: {}", server, cause[0] != '\0' ? cause.data() : curl_easy_strerror(code)));
  }
  exchange.response.status = StatusOf(easy);
  exchange.response.retry_after = RetryAfterOf(easy);
  return std::move(exchange.response);
}

}  // namespace introspectd::fetch
