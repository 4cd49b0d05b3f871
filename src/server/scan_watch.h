// Notices that a client's tokens are found inactive much more often than before: somebody may be
// trying tokens out.
//
// What is much is told from the client itself: more than half of what it asks in ten seconds, and
// a quarter more than its share of the last half hour or so. What lasts becomes its share, so that
// a gateway whose users bring dead tokens all day is reported once and not for ever.
//
// Threads: values.
// Limits:  at least kAnswersMin answers in the window: a few dead tokens say nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace introspectd::server {

class ScanWatch {
 public:
  static constexpr std::size_t kWindow_s = 10;
  static constexpr std::uint64_t kAnswersMin = 200;

  struct Counted {
    std::uint64_t answers = 0;
    std::uint64_t inactive = 0;  // of them

    double share() const {
      return answers == 0 ? 0 : static_cast<double>(inactive) / static_cast<double>(answers);
    }
  };
  enum class Change : std::uint8_t { kNone, kBegan, kOver };

  // Once a second, with all that was ever counted.
  Change Tick(const Counted& total);

  bool high() const { return high_; }
  const Counted& window() const { return window_; }  // of the last kWindow_s
  double usual() const { return usual_; }            // the share before
  std::uint64_t lasted_s() const { return lasted_s_; }

 private:
  double HighShare() const;

  std::array<Counted, kWindow_s> totals_{};  // of the last seconds, next_ being the oldest
  std::size_t next_ = 0;
  Counted window_;
  double usual_ = 0;
  bool high_ = false;
  std::uint64_t lasted_s_ = 0;  // since it became high
};

}  // namespace introspectd::server
