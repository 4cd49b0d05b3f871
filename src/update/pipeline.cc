#include "update/pipeline.h"

#include <time.h>

#include <algorithm>

namespace introspectd::update {

namespace {

constexpr std::size_t kShortFeedBytes = 4096;
constexpr std::int64_t kTurn_us = 1000;
constexpr int kLinesBetweenClocks = 16;

std::int64_t MonotonicMicros() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

}  // namespace

void Pipeline::Add(Feed* feed, Progress progress) {
  entries_.push_back(std::make_unique<Entry>(Entry{feed, std::move(progress)}));
}

void Pipeline::Remove(Feed* feed) {
  for (const auto& entry : entries_) {
    if (entry->feed == feed) entry->feed = nullptr;
  }
}

template <class Condition>
bool Pipeline::AnyFeed(Condition condition) const {
  return std::any_of(entries_.begin(), entries_.end(), [&condition](const auto& entry) {
    return entry->feed != nullptr && condition(*entry->feed);
  });
}

bool Pipeline::Turn(Now now) {
  for (const auto& entry : entries_) {
    if (entry->feed != nullptr) entry->feed->HandOut(now);
  }
  if (keeping_) {
    ParseAhead(now);
    return AnyFeed([](const Feed& feed) { return feed.parsable(); });
  }
  if (!target_.TrySettle()) return true;
  std::erase_if(entries_, [](const auto& entry) { return entry->feed == nullptr; });
  StageReady(now);
  switch (target_.Keep()) {
    case Target::Keeping::kUnderWay:
      keeping_ = true;
      return true;
    case Target::Keeping::kNotNow:
      TellNotKept();
      break;
    case Target::Keeping::kNothing:
      break;
  }
  Show();
  return !target_.settled() || AnyFeed([](const Feed& feed) { return feed.ready(); });
}

void Pipeline::OnKept(bool kept) {
  keeping_ = false;
  if (!kept) TellNotKept();
  Show();
}

void Pipeline::TellNotKept() {
  for (const auto& entry : entries_) {
    if (entry->feed != nullptr && entry->staged) entry->feed->NotKept();
  }
}

void Pipeline::StageReady(Now now) {
  const std::int64_t deadline = MonotonicMicros() + kTurn_us;
  for (const auto& entry : entries_) {
    if (entry->feed->backlog() <= kShortFeedBytes) StageSome(*entry, now, deadline);
  }
  for (std::size_t i = 0; i < entries_.size() && MonotonicMicros() < deadline; ++i) {
    StageSome(*entries_[next_++ % entries_.size()], now, deadline);
  }
}

void Pipeline::ParseAhead(Now now) {
  const std::int64_t deadline = MonotonicMicros() + kTurn_us;
  for (const auto& entry : entries_) {
    if (entry->feed == nullptr) continue;
    for (int lines = 1; entry->feed->ParseLine(now); ++lines) {
      entry->moved = true;
      if (lines % kLinesBetweenClocks == 0 && MonotonicMicros() >= deadline) return;
    }
  }
}

void Pipeline::Show() {
  target_.Publish();
  target_.TrySettle();
  // By index: progress may add feeds.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = *entries_[i];
    if (entry.feed == nullptr) continue;
    if (!entry.staged && !entry.moved && !entry.feed->done()) continue;
    entry.staged = entry.moved = false;
    entry.progress(*entry.feed);
  }
}

void Pipeline::StageSome(Entry& entry, Now now, std::int64_t deadline_us) {
  for (int lines = 1; entry.feed->StageLine(now); ++lines) {
    entry.staged = true;
    if (lines % kLinesBetweenClocks == 0 && MonotonicMicros() >= deadline_us) return;
  }
}

Pipeline::Swept Pipeline::Sweep(UnixSeconds now) {
  if (keeping_ || !target_.TrySettle()) return Swept::kNothing;
  const bool more = target_.StageSweep(now);
  target_.Publish();
  target_.TrySettle();
  return more ? Swept::kWorthGoingOn : Swept::kSome;
}

}  // namespace introspectd::update
