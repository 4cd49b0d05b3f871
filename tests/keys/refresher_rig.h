// A refresher with a clock that stands still, and servers of keys that do what a test says.
//
// Threads: the test's, which turns the loop.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fetch/http_double.h"
#include "fmt/core.h"
#include "keys/refresher.h"
#include "support/wait_until.h"

namespace introspectd::keys {

// Ed25519, of RFC 8032 7.1.
inline constexpr const char* kKeyA = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
inline constexpr const char* kKeyB = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

inline std::string KeyJson(std::string_view kid, std::string_view x) {
  return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"{}","x":"{}"}})", kid, x);
}
inline std::string SetJson(std::string_view keys) {
  return fmt::format(R"({{"keys":[{}]}})", keys);
}

// An issuer's server: an answer for each target, 404 for others.
class Site {
 public:
  using Response = fetch::HttpDouble::Response;

  ~Site() { held = false; }
  const std::string& url() const { return double_.url(); }
  void Answer(const std::string& target, Response response) {
    const std::lock_guard lock(mutex_);
    answers_[target] = std::move(response);
  }
  void AnswerKeys(std::string_view keys, std::vector<std::string> headers = {}) {
    Answer("/jwks", {.headers = std::move(headers), .body = SetJson(keys)});
  }
  void AnswerMetadata(const std::string& target, const std::string& issuer) {
    Answer(target,
           {.body = fmt::format(R"({{"issuer":"{}","jwks_uri":"{}/jwks"}})", issuer, url())});
  }
  // How often `target` was asked for.
  int Asked(const std::string& target = "/jwks") {
    const std::lock_guard lock(mutex_);
    return asked_[target];
  }

  std::atomic<bool> held = false;  // no answer meanwhile

 private:
  Response Serve(const fetch::HttpDouble::Request& request) {
    {
      const std::lock_guard lock(mutex_);
      ++asked_[request.target];
    }
    while (held) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex_);
    const auto answer = answers_.find(request.target);
    return answer == answers_.end() ? Response{.status = 404} : answer->second;
  }

  std::mutex mutex_;
  std::map<std::string, Response> answers_;
  std::map<std::string, int> asked_;
  fetch::HttpDouble double_{[this](const auto& request) { return Serve(request); }};
};

class RefresherRig : public testing::Test {
 protected:
  RefresherRig()
      : refresher_(loop_, {.refreshed = [this](std::size_t owner) { OnRefreshed(owner); },
                           .asked =
                               [this](std::size_t owner, bool good) {
                                 asked_.push_back({owner, good});
                               },
                           .now = [this] { return now_; }}) {}
  ~RefresherRig() override {
    refresher_.Close();
    loop_.Run();
  }

  static Owner OwnerOf(const Site& site) {
    return {.name = site.url(), .jwks_uri = site.url() + "/jwks"};
  }

  void OnRefreshed(std::size_t owner) {
    refreshed_.push_back(owner);
    if (on_refreshed_) on_refreshed_(owner);
  }

  void Turn() {
    refresher_.Tick(now_);
    uv_run(loop_.raw(), UV_RUN_NOWAIT);
  }
  // Turns the loop until then; the clock stands still.
  testing::AssertionResult Until(const std::function<bool()>& happened) {
    const bool good = support::WaitUntil([&] {
      Turn();
      return happened();
    });
    return good ? testing::AssertionSuccess() : testing::AssertionFailure() << "never happens";
  }
  // Long enough for what must not happen.
  void TurnForAWhile() {
    support::WaitUntil(
        [this] {
          Turn();
          return false;
        },
        support::milliseconds(60));
  }
  testing::AssertionResult UntilRefreshed(std::size_t times) {
    return Until([this, times] { return refreshed_.size() >= times; });
  }
  void Advance(std::int64_t ms) {
    now_.boot_ms += ms;
    now_.wall_us += ms * 1000;
  }
  // "good" or "failed", as the status has it.
  std::uint64_t Count(const std::string& kind) {
    const std::string text = Describe();
    const std::string name = "\"" + kind + "\":";
    return std::stoull(text.substr(text.find(name) + name.size()));
  }
  std::string Describe() {
    std::string text;
    text::JsonWriter json(text);
    refresher_.Describe(json, now_);
    return text;
  }
  // Refreshes the owner after `ms`, and at no time before.
  void ExpectNextAfter(Site& site, std::int64_t ms) {
    const int before = site.Asked();
    Advance(ms - 1);
    TurnForAWhile();
    EXPECT_EQ(site.Asked(), before) << "not before " << ms << " ms";
    const std::uint64_t over = Count("good") + Count("failed");
    Advance(1);
    EXPECT_TRUE(Until([&] { return Count("good") + Count("failed") == over + 1; }));
    EXPECT_EQ(site.Asked(), before + 1);
  }

  net::Loop loop_;
  Now now_{.wall_us = 1'700'000'000'000'000, .boot_ms = 1'000'000};
  std::vector<std::size_t> refreshed_;
  std::vector<std::pair<std::size_t, bool>> asked_;
  std::function<void(std::size_t)> on_refreshed_;
  Refresher refresher_;
};

}  // namespace introspectd::keys
