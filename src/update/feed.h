// A feed: the lines of one NDJSON body, on their way into the store.
//
// Threads: the control loop.
// Limits:  a line longer than Parser::line_bytes_max() is refused and not kept; what waits to be
//          staged is bounded by whoever appends (backlog()), and in lines: kParsedMax and a block,
//          and kHandedOutMax of blocks.
//
// Lines are parsed ahead of being staged: while a group is being made durable, nothing may be
// staged. Of a long body, blocks of lines are parsed by a crew; what comes of them is staged in
// order, as if they had been parsed one by one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/time.h"
#include "introspectd/update.h"
#include "update/line_block.h"
#include "update/parser.h"
#include "update/parsing_crew.h"
#include "update/target.h"

namespace introspectd::update {

// What the store takes just now.
//
// Threads: the control loop's.
struct Admission {
  bool loading = false;       // it is being filled with what was kept: nothing
  bool storage_full = false;  // no upserts: what room there is is for revocations
  bool memory_full = false;   // no upserts: at limits.memory_max
  bool log_away = false;      // no upserts: the replication log cannot be written
};

struct FeedReport {
  struct Error {
    std::uint64_t line;  // from 1
    Reason reason;
  };
  static constexpr std::size_t kErrorsMax = 100;

  std::uint64_t lines = 0;  // up to the last that was staged
  std::uint64_t applied = 0;
  std::uint64_t expired = 0;
  std::uint64_t rejected = 0;
  std::uint64_t sequence = 0;  // the highest one of its lines
  std::string log_position;    // of the export that it is
  std::vector<Error> errors;   // the first kErrorsMax
  bool heartbeat = false;
  bool complete = false;
  bool ended = false;  // an export's last line came, and its count was right
  // Upserts were refused, or revocations are in memory alone, for that.
  bool storage_full = false;
  bool memory_full = false;
  bool log_away = false;

  // Lines that were staged; blank ones are not counted.
  std::uint64_t staged() const { return applied + expired + rejected; }
};

class Feed {
 public:
  // All borrowed. Without a crew, every line is parsed here.
  Feed(Parser& parser, Target& target, const Admission& admission, Pusher pusher, Origin origin,
       ParsingCrew* crew = nullptr)
      : parser_(parser),
        target_(target),
        admission_(admission),
        pusher_(std::make_shared<const Pusher>(std::move(pusher))),
        origin_(origin),
        crew_(crew),
        line_bytes_max_(parser.line_bytes_max(origin)) {}

  // Takes over the next bytes of the body; lines may be cut anywhere.
  void Append(std::string_view bytes);
  // The body is over: what is left is a line too.
  void Finish();

  // For the beginning of a turn: hands blocks of lines to the crew, if it is long enough for that.
  void HandOut(Now now);
  // Takes the next line if one is whole, or the next part of an overlong one, and parses it; or
  // takes the next block of lines, of which it parses one a turn. False when there is none, or
  // kParsedMax wait to be staged.
  bool ParseLine(Now now);
  // Stages what the next line says, and parses it first if need be; false when there is none. The
  // target must be settled.
  bool StageLine(Now now);
  // What was staged last is in memory alone: what keeps it is full, or away.
  void NotKept();

  // Whether a line waits to be parsed, or to be staged, and how many bytes wait.
  bool parsable() const { return parsed_.size() < kParsedMax && has_work(); }
  bool ready() const { return !parsed_.empty() || has_work(); }
  bool done() const {
    return finished_ && at_ == bytes_.size() && blocks_.empty() && parsed_.empty();
  }
  std::size_t backlog() const { return bytes_.size() - at_ + block_bytes_ + parsed_bytes_; }
  const FeedReport& report() const { return report_; }

 private:
  static constexpr std::size_t kParsedMax = 4096;
  static constexpr std::size_t kFetchedTogether = 32;
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
  static constexpr std::uint64_t kBlockLines = 256;
  static constexpr std::uint64_t kHandedOutMax = 8192;

  bool has_line() const;
  bool has_work() const { return blocks_.empty() ? has_line() : has_block(); }
  bool has_block() const;
  bool FetchSome(Now now);
  bool ParseBlock(Now now);
  void TakeBlock(LineBlock& block, Now now);
  void Parse(std::string_view line, Now now);
  void Push(ParsedLine parsed);
  void CountLines();
  void Apply(ParsedLine parsed, Now now);
  bool AdmitsUpserts();
  const char* WhyNoUpserts() const;
  void Refuse(std::uint64_t line, Reason reason);
  // Whatever follows: a carriage return belongs to the line's end, not to the line.
  bool IsOverlong(std::size_t size) const { return size > line_bytes_max_ + 1; }

  Parser& parser_;
  Target& target_;
  const Admission& admission_;
  const std::shared_ptr<const Pusher> pusher_;
  const Origin origin_;
  ParsingCrew* const crew_;
  const std::size_t line_bytes_max_;
  std::string bytes_;
  std::size_t at_ = 0;       // what is before was parsed
  std::size_t scanned_ = 0;  // no line end in [at_, scanned_)
  bool overlong_ = false;    // the line was refused, what is left of it is passed over
  bool finished_ = false;
  bool end_seen_ = false;
  // In the order of the body: what is parsed, blocks that may be, bytes.
  std::deque<ParsedLine> parsed_;
  std::size_t parsed_bytes_ = 0;
  std::deque<std::shared_ptr<LineBlock>> blocks_;
  std::size_t block_bytes_ = 0;
  std::uint64_t block_lines_ = 0;
  bool parsed_block_ = false;        // in this turn
  std::uint64_t read_lines_ = 0;     // of those that are parsed
  std::size_t fetched_ = 0;          // of parsed_, from its front: what they need is on its way
  std::uint64_t content_lines_ = 0;  // all but position and end, for an export's count
  FeedReport report_;
};

}  // namespace introspectd::update
