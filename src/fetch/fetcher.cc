#include "fetch/fetcher.h"

#include <fmt/core.h>

#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fetch/check_url.h"
#include "fetch/curl_handles.h"
#include "fetch/transfer.h"
#include "net/watch.h"

namespace introspectd::fetch {

namespace {

absl::Status CheckRequest(const Fetcher::Request& request) {
  if (absl::Status wrong = CheckUrl(request.url); !wrong.ok()) return wrong;
  return request.proxy.empty() ? absl::OkStatus() : CheckProxy(request.proxy);
}

}  // namespace

struct Fetcher::Impl {
  explicit Impl(net::Loop& the_loop);

  // libcurl's callbacks; they only note what is wanted.
  static int OnWant(CURL* easy, curl_socket_t fd, int what, void* user, void* of_socket);
  static int OnDelay(CURLM* multi, long after_ms, void* user);

  void Want(int fd, bool readable, bool writable);
  void Act(int fd);
  void Finish();
  void Start(Request request, Done done);
  void Close();

  // What is over, until its `done` is called.
  struct Over {
    Done done;
    absl::StatusOr<Document> result;
  };

  net::Loop& loop;
  net::Timer timer;    // libcurl's
  net::Timer refuser;  // for what was refused at once
  Multi multi;
  std::map<int, net::Watch> watches;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers;
  std::vector<Over> refused;
  bool closed = false;
};

Fetcher::Impl::Impl(net::Loop& the_loop)
    : loop(the_loop),
      timer(loop, [this] { Act(CURL_SOCKET_TIMEOUT); }),
      refuser(loop, [this] { Finish(); }) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(global == CURLE_OK);
  multi.reset(curl_multi_init());
  CHECK(multi != nullptr);
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, OnWant);
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, OnDelay);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
}

int Fetcher::Impl::OnWant(CURL* /*easy*/, curl_socket_t fd, int what, void* user,
                          void* /*of_socket*/) {
  auto& self = *static_cast<Impl*>(user);
  if (what == CURL_POLL_REMOVE) {  // the descriptor is about to be closed
    self.watches.erase(fd);
  } else {
    self.Want(fd, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  }
  return 0;
}

void Fetcher::Impl::Want(int fd, bool readable, bool writable) {
  watches.try_emplace(fd, loop, fd, [this, fd] { Act(fd); }).first->second.Want(readable, writable);
}

int Fetcher::Impl::OnDelay(CURLM* /*multi*/, long after_ms, void* user) {
  auto& self = *static_cast<Impl*>(user);
  if (self.closed) return 0;
  if (after_ms < 0) {
    self.timer.Stop();
  } else {
    self.timer.Start(static_cast<std::uint64_t>(after_ms), 0);
  }
  return 0;
}

void Fetcher::Impl::Act(int fd) {
  if (closed) return;
  int running = 0;
  curl_multi_socket_action(multi.get(), fd, 0, &running);  // it looks itself what is ready
  Finish();
}

// Everything is in order before the first `done`, which may start a transfer or close all.
void Fetcher::Impl::Finish() {
  std::vector<Over> over = std::exchange(refused, {});
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // goes with the handle
    const auto transfer = std::move(transfers.extract(message->easy_handle).mapped());
    over.push_back({transfer->TakeDone(), transfer->Take(code)});
    curl_multi_remove_handle(multi.get(), transfer->easy());
  }
  for (Over& one : over) {
    if (closed) return;
    one.done(std::move(one.result));
  }
}

void Fetcher::Impl::Start(Request request, Done done) {
  if (closed) return;
  if (absl::Status wrong = CheckRequest(request); !wrong.ok()) {
    refused.push_back({std::move(done), std::move(wrong)});
    refuser.Start(0, 0);
    return;
  }
  auto transfer = std::make_unique<Transfer>(std::move(request), std::move(done));
  CURL* const easy = transfer->easy();
  transfers.emplace(easy, std::move(transfer));
  CHECK(curl_multi_add_handle(multi.get(), easy) == CURLM_OK);
}

void Fetcher::Impl::Close() {
  if (std::exchange(closed, true)) return;
  for (const auto& [easy, transfer] : transfers) curl_multi_remove_handle(multi.get(), easy);
  transfers.clear();
  refused.clear();
  multi.reset();  // closes its sockets, and says so
  watches.clear();
  timer.Close();
  refuser.Close();
}

Fetcher::Fetcher(net::Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}

Fetcher::~Fetcher() { CHECK(impl_->closed); }

void Fetcher::Get(Request request, Done done) { impl_->Start(std::move(request), std::move(done)); }

void Fetcher::Close() { impl_->Close(); }

}  // namespace introspectd::fetch
