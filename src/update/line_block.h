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
};

// The line may still have its carriage return. Nothing: it is blank.
std::optional<Line> ParseUnlessBlank(Parser& parser, std::string_view line, const Pusher& pusher,
                                     Origin origin, std::uint64_t sequence, UnixMicros now);

class LineBlock {
 public:
  // `text` is `line_count` lines, each with its line end. Those that bring no sequence get those
  // from `first_sequence` on, one for each line.
  LineBlock(std::string text, std::uint64_t line_count, std::shared_ptr<const Pusher> pusher,
            Origin origin, std::uint64_t first_sequence, UnixMicros now);

  std::string_view text() const { return text_; }

  // True once, for one caller, who has to parse it then.
  bool Claim();
  bool claimed() const { return state_.load(std::memory_order_relaxed) != State::kWaiting; }
  void Parse(Parser& parser);
  bool parsed() const { return state_.load(std::memory_order_acquire) == State::kParsed; }

  // Once it is parsed. Numbers of lines count from the block's first.
  std::vector<ParsedLine>& lines() { return lines_; }
  std::uint64_t line_count() const { return line_count_; }
  // Whether the sequences that were given do what they must: be above all that lines before had.
  // `seen` is the highest one of the lines before the block.
  bool InOrder(std::uint64_t seen) const;
  std::uint64_t highest_sequence() const { return highest_sequence_; }

 private:
  enum class State : std::uint8_t { kWaiting, kClaimed, kParsed };

  void Keep(std::uint64_t number, std::size_t bytes, std::uint64_t given, Line line);

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
  const std::uint64_t first_sequence_;
  const UnixMicros now_;
  std::atomic<State> state_{State::kWaiting};
  std::vector<ParsedLine> lines_;
  std::uint64_t highest_sequence_ = 0;
  std::uint64_t highest_brought_ = 0;
  bool gave_ = false;
};

}  // namespace introspectd::update
