#include "update/line_block.h"

#include <utility>

namespace introspectd::update {

std::optional<Line> ParseUnlessBlank(Parser& parser, std::string_view line, const Pusher& pusher,
                                     Origin origin, std::uint64_t sequence, UnixMicros now) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
  if (blank && line.size() <= parser.line_bytes_max(origin)) return std::nullopt;
  return parser.Parse(line, pusher, origin, sequence, now);
}

LineBlock::LineBlock(std::string text, std::uint64_t line_count,
                     std::shared_ptr<const Pusher> pusher, Origin origin, std::uint64_t estimate,
                     UnixMicros now)
    : text_(std::move(text)),
      line_count_(line_count),
      pusher_(std::move(pusher)),
      origin_(origin),
      estimate_(estimate),
      now_(now) {}

bool LineBlock::Claim() {
  State waiting = State::kWaiting;
  return state_.compare_exchange_strong(waiting, State::kClaimed, std::memory_order_relaxed);
}

void LineBlock::Parse(Parser& parser) {
  lines_.reserve(line_count_);
  // Gone, but for its records, before anybody else sees them.
  std::optional<token::RecordSlab::Maker> slab(slab_bytes());
  parser.SetSlab(slab->get());
  std::string_view rest = text_;
  for (std::uint64_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    auto parsed = ParseUnlessBlank(parser, line, *pusher_, origin_, estimate_, now_);
    if (!parsed) continue;
    lines_.push_back({number, line.size(), *std::move(parsed), parser.brought_sequence()});
  }
  parser.SetSlab(nullptr);
  slab.reset();
  // An exchange, as a full barrier: whoever is told next may find that another was told already,
  // and must not have looked before this is seen.
  state_.exchange(State::kParsed, std::memory_order_seq_cst);
}

}  // namespace introspectd::update
