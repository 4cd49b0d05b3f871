#include "update/line_block.h"

#include <algorithm>
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
                     std::shared_ptr<const Pusher> pusher, Origin origin,
                     std::uint64_t first_sequence, UnixMicros now)
    : text_(std::move(text)),
      line_count_(line_count),
      pusher_(std::move(pusher)),
      origin_(origin),
      first_sequence_(first_sequence),
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
    const std::uint64_t given = first_sequence_ + number - 1;
    auto parsed = ParseUnlessBlank(parser, line, *pusher_, origin_, given, now_);
    if (parsed) Keep(number, line.size(), given, *std::move(parsed));
  }
  parser.SetSlab(nullptr);
  slab.reset();
  state_.store(State::kParsed, std::memory_order_release);
}

void LineBlock::Keep(std::uint64_t number, std::size_t bytes, std::uint64_t given, Line line) {
  if (const auto* update = std::get_if<token::Update>(&line)) {
    const std::uint64_t sequence = token::SequenceOf(*update);
    highest_sequence_ = std::max(highest_sequence_, sequence);
    if (sequence == given) {
      gave_ = true;
    } else {
      highest_brought_ = std::max(highest_brought_, sequence);
    }
  }
  lines_.push_back({number, bytes, std::move(line)});
}

bool LineBlock::InOrder(std::uint64_t seen) const {
  return !gave_ || std::max(seen, highest_brought_) < first_sequence_;
}

}  // namespace introspectd::update
