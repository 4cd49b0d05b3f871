#include "update/feed.h"

#include <algorithm>
#include <array>
#include <utility>

namespace introspectd::update {

namespace {

constexpr std::size_t kCompactBytes = 64 * 1024;

struct Cut {
  std::size_t end;  // behind the last line end
  std::uint64_t lines;
};

// Whole lines from `at` on, as many as a block may have.
Cut CutBlock(std::string_view text, std::size_t at, std::size_t bytes, std::uint64_t lines_max) {
  Cut cut{at, 0};
  const std::string_view within = text.substr(0, at + bytes);
  for (std::size_t end; cut.lines < lines_max; cut = {end + 1, cut.lines + 1}) {
    end = within.find('\n', cut.end);
    if (end == within.npos) break;
  }
  return cut;
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

bool Feed::has_line() const {
  return at_ < bytes_.size() && (finished_ || IsOverlong(bytes_.size() - at_) ||
                                 bytes_.find('\n', std::max(at_, scanned_)) != std::string::npos);
}

// Only whole lines, and not while what is left of an overlong one is passed over.
void Feed::HandOut(Now now) {
  parsed_block_ = false;
  if (crew_ == nullptr) return;
  while (bytes_.size() - at_ >= kBlockBytes && !overlong_ && block_lines_ < kHandedOutMax) {
    const Cut cut = CutBlock(bytes_, at_, kBlockBytes, kBlockLines);
    if (cut.lines == 0) return;
    blocks_.push_back(std::make_shared<LineBlock>(bytes_.substr(at_, cut.end - at_), cut.lines,
                                                  pusher_, origin_,
                                                  target_.EntrySequence(now.wall_us), now.wall_us));
    block_bytes_ += cut.end - at_;
    block_lines_ += cut.lines;
    at_ = cut.end;
    crew_->Submit(blocks_.back());
  }
}

bool Feed::has_block() const {
  return blocks_.front()->parsed() ||
         std::any_of(blocks_.begin(), blocks_.end(),
                     [](const auto& block) { return !block->claimed(); });
}

// Takes the next block if it is parsed, or else parses one that nobody has claimed: not many of
// them in a turn, for others wait.
bool Feed::ParseBlock(Now now) {
  if (blocks_.front()->parsed()) {
    const std::shared_ptr<LineBlock> block = std::move(blocks_.front());
    blocks_.pop_front();
    block_bytes_ -= block->bytes();
    block_lines_ -= block->line_count();
    TakeBlock(*block, now);
    return true;
  }
  if (parsed_block_) return false;
  for (const auto& block : blocks_) {
    if (!block->Claim()) continue;
    block->Parse(parser_);
    parsed_block_ = true;
    return true;
  }
  return false;
}

// Sequences are given here, in the order of the lines.
void Feed::TakeBlock(LineBlock& block, Now now) {
  for (ParsedLine& line : block.lines()) {
    line.number += read_lines_;
    if (!line.brought_sequence) {
      GiveSequence(line.line, block.estimate(), target_.EntrySequence(now.wall_us));
    }
    Push(std::move(line));
  }
  read_lines_ += block.line_count();
}

bool Feed::ParseLine(Now now) {
  if (parsed_.size() >= kParsedMax) return false;
  if (!blocks_.empty()) {
    const bool worked = ParseBlock(now);
    CountLines();
    return worked;
  }
  if (at_ == bytes_.size()) return false;
  std::size_t end = bytes_.find('\n', std::max(at_, scanned_));
  const bool whole = end != std::string::npos || finished_;
  if (end == std::string::npos) end = bytes_.size();
  scanned_ = end;
  const std::string_view line(bytes_.data() + at_, end - at_);
  if (!whole && !IsOverlong(line.size())) return false;  // more of it may come
  at_ = std::min(end + 1, bytes_.size());
  const bool was_refused = std::exchange(overlong_, !whole);
  if (!was_refused) Parse(line, now);
  CountLines();
  return true;
}

void Feed::Parse(std::string_view line, Now now) {
  ++read_lines_;
  auto parsed = ParseUnlessBlank(parser_, line, *pusher_, origin_,
                                 target_.EntrySequence(now.wall_us), now.wall_us);
  if (parsed) Push({read_lines_, line.size(), *std::move(parsed), parser_.brought_sequence()});
}

void Feed::Push(ParsedLine parsed) {
  // The next line's is to be above it, also when that is parsed before this one is staged.
  if (const auto* update = std::get_if<token::Update>(&parsed.line)) {
    target_.SawSequence(token::SequenceOf(*update));
  } else if (const auto* position = std::get_if<Position>(&parsed.line)) {
    target_.SawSequence(position->sequence);
  }
  parsed_bytes_ += parsed.bytes;
  parsed_.push_back(std::move(parsed));
}

// Fetches what the store has of the next lines' tokens, all together. False when there are no
// lines.
bool Feed::FetchSome(Now now) {
  std::size_t lines = 0;  // some say nothing
  while (lines + parsed_.size() < kFetchedTogether && ParseLine(now)) ++lines;
  fetched_ = std::min(parsed_.size(), kFetchedTogether);
  std::array<const TokenDigest*, kFetchedTogether> tokens{};
  for (std::size_t i = 0; i < fetched_; ++i) {
    const auto* update = std::get_if<token::Update>(&parsed_[i].line);
    if (update != nullptr) tokens[i] = token::TokenOf(*update);
    if (tokens[i] != nullptr) target_.Prefetch(*tokens[i]);
  }
  for (const TokenDigest* token : tokens) {
    if (token != nullptr) target_.PrefetchRecord(*token);
  }
  return lines > 0 || fetched_ > 0;
}

bool Feed::StageLine(Now now) {
  if (fetched_ == 0 && !FetchSome(now)) return false;
  if (fetched_ == 0) return true;
  --fetched_;
  ParsedLine parsed = std::move(parsed_.front());
  parsed_.pop_front();
  parsed_bytes_ -= parsed.bytes;
  Apply(std::move(parsed), now);
  CountLines();
  return true;
}

// Of lines that say nothing, those count before the next one that waits.
void Feed::CountLines() {
  report_.lines = parsed_.empty() ? read_lines_ : parsed_.front().number - 1;
}

void Feed::Apply(ParsedLine parsed, Now now) {
  if (end_seen_) {
    report_.ended = false;
    return Refuse(parsed.number, "a line behind an export's last line");
  }
  if (auto* refused = std::get_if<Refused>(&parsed.line)) {
    return Refuse(parsed.number, std::move(refused->reason));
  }
  if (auto* end = std::get_if<End>(&parsed.line)) {
    end_seen_ = true;
    report_.ended = end->lines == content_lines_;
    if (!report_.ended) {
      return Refuse(parsed.number, "the count of an export's last line is not that of its lines");
    }
    ++report_.applied;
    return;
  }
  token::Outcome outcome = token::Outcome::kApplied;
  if (auto* update = std::get_if<token::Update>(&parsed.line)) {
    if (std::holds_alternative<token::Upsert>(*update) && !AdmitsUpserts()) {
      return Refuse(parsed.number, WhyNoUpserts());
    }
    report_.sequence = std::max(report_.sequence, token::SequenceOf(*update));
    outcome = target_.Stage(std::move(*update), now.seconds());
  }
  if (const auto* position = std::get_if<Position>(&parsed.line)) {
    report_.log_position = position->log;
  } else {
    ++content_lines_;
  }
  if (const auto* heartbeat = std::get_if<Heartbeat>(&parsed.line)) {
    report_.heartbeat = true;
    target_.Stage(Sign::kHeartbeat, heartbeat->sequence, now.seconds());
  }
  if (const auto* complete = std::get_if<Complete>(&parsed.line)) {
    report_.complete = true;
    target_.Stage(Sign::kComplete, complete->sequence, now.seconds());
  }
  ++(outcome == token::Outcome::kExpired ? report_.expired : report_.applied);
}

// What a node tells is somebody's update already, and was admitted there.
bool Feed::AdmitsUpserts() {
  if (origin_ == Origin::kNode) return true;
  report_.storage_full |= admission_.storage_full;
  report_.memory_full |= admission_.memory_full;
  report_.log_away |= admission_.log_away;
  return !admission_.storage_full && !admission_.memory_full && !admission_.log_away;
}

const char* Feed::WhyNoUpserts() const {
  if (report_.log_away) return "replication: only revocations are taken";
  if (report_.storage_full) return "storage_full: only revocations are taken";
  return "capacity: only revocations are taken";
}

void Feed::NotKept() {
  report_.log_away |= admission_.log_away;
  report_.storage_full |= !admission_.log_away;
}

void Feed::Refuse(std::uint64_t line, Reason reason) {
  ++content_lines_;
  ++report_.rejected;
  if (report_.errors.size() < FeedReport::kErrorsMax) {
    report_.errors.push_back({line, std::move(reason)});
  }
}

}  // namespace introspectd::update
