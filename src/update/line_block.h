// Some whole lines of a long feed, to be parsed apart from it.
//
// Threads: whoever claims a block parses it; its feed reads what came of it once it is parsed.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/time.h"
#include "introspectd/update.h"
#include "token/record.h"
#include "update/parser.h"

namespace introspectd::update {

struct ParsedLine {
  std::uint64_t number;  // from 1
  std::size_t bytes;
  Line line;
  bool brought_sequence;
};

// The line may still have its carriage return. Nothing: it is blank.
std::optional<Line> ParseUnlessBlank(Parser& parser, std::string_view line, const Pusher& pusher,
                                     Origin origin, std::uint64_t sequence, UnixMicros now);

class LineBlock {
 public:
  // `text` is `line_count` lines, each with its line end. Those that bring no sequence are parsed
  // with `estimate`; they are given one when the block is taken, in the order of their feed.
  LineBlock(std::string text, std::uint64_t line_count, std::shared_ptr<const Pusher> pusher,
            Origin origin, std::uint64_t estimate, UnixMicros now);

  std::size_t bytes() const { return text_.size(); }
  std::uint64_t line_count() const { return line_count_; }
  std::uint64_t estimate() const { return estimate_; }

  // True once, for one caller, who has to parse it then.
  bool Claim();
  bool claimed() const { return state_.load(std::memory_order_relaxed) != State::kWaiting; }
  void Parse(Parser& parser);
  bool parsed() const { return state_.load(std::memory_order_acquire) == State::kParsed; }

  // Once it is parsed. Numbers count from the block's first line.
  std::vector<ParsedLine>& lines() { return lines_; }

 private:
  enum class State : std::uint8_t { kWaiting, kClaimed, kParsed };

  // About what the records of its lines take: claims, in the answer's form, and a head. What does
  // not fit has a block of memory of its own.
  std::size_t slab_bytes() const {
    constexpr std::size_t kAddedToLine = sizeof(token::Record) + 64;
    return std::min(text_.size() + line_count_ * kAddedToLine, 4 * text_.size());
  }

  const std::string text_;
  const std::uint64_t line_count_;
  const std::shared_ptr<const Pusher> pusher_;
  const Origin origin_;
  const std::uint64_t estimate_;
  const UnixMicros now_;
  std::atomic<State> state_{State::kWaiting};
  std::vector<ParsedLine> lines_;
};

}  // namespace introspectd::update
