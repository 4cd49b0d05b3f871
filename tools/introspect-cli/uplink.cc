#include "uplink.h"

#include <utility>

#include "retry.h"

namespace introspectd::cli {

absl::StatusOr<std::unique_ptr<Uplink>> Uplink::Start(const UplinkOptions& options,
                                                      OnApplied on_applied, Console& console) {
  std::unique_ptr<Uplink> uplink(new Uplink(options, std::move(on_applied), console));
  for (unsigned i = 0; i < options.in_flight; ++i) {
    absl::StatusOr<fetch::Client> client = fetch::Client::Create(options.client);
    if (!client.ok()) return client.status();
    uplink->threads_.emplace_back(&Uplink::Work, uplink.get(), *std::move(client));
  }
  return uplink;
}

Uplink::Uplink(const UplinkOptions& options, OnApplied on_applied, Console& console)
    : options_(options), on_applied_(std::move(on_applied)), console_(console) {}

Uplink::~Uplink() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Uplink::Submit(Batch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || held_ < std::size_t{2} * options_.in_flight; });
  if (stopping_) return false;
  ++held_;
  waiting_.push_back(std::move(batch));
  lock.unlock();
  changed_.notify_all();
  return true;
}

absl::Status Uplink::Drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return held_ == 0; });
  return failure_;
}

void Uplink::Work(fetch::Client client) {
  while (std::optional<Batch> batch = Take()) Settle(*batch, PushPatiently(client, *batch));
}

std::optional<Batch> Uplink::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (stopping_) return std::nullopt;
  Batch batch = std::move(waiting_.front());
  waiting_.pop_front();
  return batch;
}

PushOutcome Uplink::PushPatiently(fetch::Client& client, const Batch& batch) {
  PushOutcome outcome;
  const auto attempt = [&] {
    outcome = Push(client, batch.body);
    return Attempt{outcome.status, outcome.retry_after};
  };
  const auto pause = [this](std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return stopping_; });
  };
  outcome.status = RepeatWhileUnavailable(attempt, options_.retry_for, pause, console_);
  return outcome;
}

void Uplink::Settle(const Batch& batch, const PushOutcome& outcome) {
  {
    const std::lock_guard lock(mutex_);
    --held_;
    if (outcome.status.ok()) {
      on_applied_(batch, outcome.report);
    } else {
      failure_.Update(outcome.status);
      stopping_ = true;
      held_ -= waiting_.size();
      waiting_.clear();
    }
  }
  changed_.notify_all();
}

}  // namespace introspectd::cli
