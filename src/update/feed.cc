#include "update/feed.h"

#include <algorithm>
#include <utility>

#include "text/ascii.h"

namespace introspectd::update {

namespace {

constexpr std::size_t kCompactBytes = 64 * 1024;

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

void Feed::Append(std::string_view bytes) {
  if (at_ == bytes_.size() || at_ > kCompactBytes) {
    bytes_.erase(0, at_);
    scanned_ -= std::min(scanned_, at_);
    at_ = 0;
  }
  bytes_ += bytes;
}

void Feed::Finish() { finished_ = true; }

bool Feed::ready() const {
  return at_ < bytes_.size() && (finished_ || IsOverlong(backlog()) ||
                                 bytes_.find('\n', std::max(at_, scanned_)) != std::string::npos);
}

bool Feed::StageLine(Now now) {
  if (at_ == bytes_.size()) return false;
  std::size_t end = bytes_.find('\n', std::max(at_, scanned_));
  const bool whole = end != std::string::npos || finished_;
  if (end == std::string::npos) end = bytes_.size();
  scanned_ = end;
  const std::string_view line(bytes_.data() + at_, end - at_);
  if (!whole && !IsOverlong(line.size())) return false;  // more of it may come
  at_ = std::min(end + 1, bytes_.size());
  const bool was_refused = std::exchange(overlong_, !whole);
  if (!was_refused) Apply(line, now);
  return true;
}

void Feed::Apply(std::string_view line, Now now) {
  ++report_.lines;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() <= line_bytes_max_ && IsBlank(line)) return;
  ApplyParsed(
      parser_.Parse(line, pusher_, origin_, writer_.EntrySequence(now.wall_us), now.wall_us), now);
}

void Feed::ApplyParsed(Line parsed, Now now) {
  if (end_seen_) {
    report_.ended = false;
    return Refuse("a line behind an export's last line");
  }
  if (auto* refused = std::get_if<Refused>(&parsed)) return Refuse(std::move(refused->reason));
  if (auto* end = std::get_if<End>(&parsed)) {
    end_seen_ = true;
    report_.ended = end->lines == content_lines_;
    if (!report_.ended)
      return Refuse("the count of an export's last line is not that of its lines");
    ++report_.applied;
    return;
  }
  ++content_lines_;
  token::Outcome outcome = token::Outcome::kApplied;
  if (auto* update = std::get_if<token::Update>(&parsed)) {
    report_.sequence = std::max(report_.sequence, token::SequenceOf(*update));
    outcome = writer_.Stage(std::move(*update), now.seconds());
  } else if (auto* position = std::get_if<Position>(&parsed)) {
    --content_lines_;
    writer_.SawSequence(position->sequence);
  }
  report_.heartbeat |= std::holds_alternative<Heartbeat>(parsed);
  report_.complete |= std::holds_alternative<Complete>(parsed);
  ++(outcome == token::Outcome::kExpired ? report_.expired : report_.applied);
}

void Feed::Refuse(Reason reason) {
  ++content_lines_;
  ++report_.rejected;
  if (report_.errors.size() < FeedReport::kErrorsMax) {
    report_.errors.push_back({report_.lines, std::move(reason)});
  }
}

}  // namespace introspectd::update
