// Pushes batches of lines over several connections at once, and again when the server cannot take
// them just now.
//
// Threads: one caller; a thread per connection behind it.
// Limits:  twice as many batches as connections are held; the caller waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "answer.h"
#include "console.h"
#include "fetch/client.h"

namespace introspectd::cli {

struct Batch {
  std::uint64_t first_line = 1;  // of the input, from 1
  std::uint64_t lines = 0;
  std::string body;
};

struct UplinkOptions {
  fetch::ClientOptions client;
  unsigned in_flight = 4;
  std::chrono::seconds retry_for{60};
};

class Uplink {
 public:
  // Called for every batch that the server has applied, in whatever order that happens, by one
  // thread at a time. The report's line numbers count from the batch's first line.
  using OnApplied = std::function<void(const Batch&, const PushReport&)>;

  // `console` is borrowed.
  static absl::StatusOr<std::unique_ptr<Uplink>> Start(const UplinkOptions& options,
                                                       OnApplied on_applied, Console& console);
  ~Uplink();  // ends after the requests that are on their way

  // Waits for room. False when a batch has failed: then nothing more is sent.
  [[nodiscard]] bool Submit(Batch batch);

  // Waits until nothing is on its way; the first failure. Submit may follow.
  absl::Status Drain();

 private:
  Uplink(const UplinkOptions& options, OnApplied on_applied, Console& console);

  void Work(fetch::Client client);
  std::optional<Batch> Take();
  PushOutcome PushPatiently(fetch::Client& client, const Batch& batch);
  void Settle(const Batch& batch, const PushOutcome& outcome);

  const UplinkOptions options_;
  const OnApplied on_applied_;
  Console& console_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  std::size_t held_ = 0;  // waiting or on their way
  bool stopping_ = false;
  absl::Status failure_;

  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace introspectd::cli
