// The turnstile between one writer and many readers of a thing that is held twice (left-right).
//
// Threads: see the table. "x" = may not overlap.
//
//                | Enter..Leave   Flip   Drained   Register
//   Enter..Leave | x (one Reader) -      -         -
//   Flip         | -              x      x         -
//   Drained      | -              x      x         -
//   Register     | -              -      -         -
//
// Readers: wait-free, one store and one load to enter, one store to leave, all in a cache line of
// their own. The writer never makes them wait; it waits for them, and only for those that entered
// before the flip.
//
// 1. A reader's turn is odd while it is inside.
// 2. A reader that enters after Flip sees the new side: the stores of Enter and Flip, and the loads
//    behind them, are sequentially consistent, so that one of the two sees the other.
// 3. Drained() returned true: nobody is on the hidden side, until the next Flip.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "base/mutex.h"

namespace introspectd::token {

class Turnstile {
 public:
  static constexpr std::size_t kReadersMax = 1025;  // workers, and one more thread

  class Reader {
   public:
    explicit Reader(Turnstile& turnstile) : turnstile_(turnstile), line_(turnstile.Register()) {}
    ~Reader() {
      if (inside()) Leave();
      line_->taken.store(false, std::memory_order_release);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Returns the side (0 or 1) that is this reader's until Leave.
    int Enter() {
      line_->turn.store(++turn_, std::memory_order_seq_cst);    // with Flip's load
      return turnstile_.side_.load(std::memory_order_seq_cst);  // with Flip's store
    }
    void Leave() { line_->turn.store(++turn_, std::memory_order_release); }  // with Drained's load
    bool inside() const { return (turn_ & 1) != 0; }

   private:
    friend class Turnstile;
    struct alignas(64) Line {
      std::atomic<std::uint64_t> turn{0};
      std::atomic<bool> taken{false};
    };
    Turnstile& turnstile_;
    Line* line_;
    std::uint64_t turn_ = line_->turn.load(std::memory_order_relaxed);
  };

  // The writer's: which side nobody new will enter.
  int hidden() const { return 1 - side_.load(std::memory_order_relaxed); }
  int visible() const { return side_.load(std::memory_order_relaxed); }

  // Sends every reader that enters from now on to the hidden side. Needs Drained() since the last.
  void Flip() {
    CHECK(!draining_);
    side_.store(hidden(), std::memory_order_seq_cst);  // with Enter's load
    draining_ = true;
    count_at_flip_ = count_.load(std::memory_order_seq_cst);
    for (std::size_t i = 0; i < count_at_flip_; ++i) {
      seen_[i] = lines_[i]->turn.load(std::memory_order_seq_cst);  // with Enter's store
    }
  }

  // True when every reader that was inside at the last Flip has left. Never waits.
  bool Drained() {
    if (!draining_) return true;
    for (std::size_t i = 0; i < count_at_flip_; ++i) {
      if ((seen_[i] & 1) == 0) continue;
      if (lines_[i]->turn.load(std::memory_order_acquire) == seen_[i]) return false;
      seen_[i] = 0;  // it has left; it may have entered again, on the other side
    }
    draining_ = false;
    return true;
  }

  bool draining() const { return draining_; }

 private:
  Reader::Line* Register() ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(mutex_);
    const std::size_t count = count_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < count; ++i) {
      if (!lines_[i]->taken.exchange(true, std::memory_order_acq_rel)) return lines_[i].get();
    }
    CHECK(count < kReadersMax);
    lines_[count] = std::make_unique<Reader::Line>();
    lines_[count]->taken.store(true, std::memory_order_relaxed);
    count_.store(count + 1, std::memory_order_seq_cst);  // with Flip's load
    return lines_[count].get();
  }

  alignas(64) std::atomic<int> side_{0};
  alignas(64) std::atomic<std::size_t> count_{0};
  base::Mutex mutex_;
  std::array<std::unique_ptr<Reader::Line>, kReadersMax> lines_;

  // The writer's.
  bool draining_ = false;
  std::size_t count_at_flip_ = 0;
  std::array<std::uint64_t, kReadersMax> seen_{};
};

}  // namespace introspectd::token
