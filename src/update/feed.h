// A feed: the lines of one NDJSON body, on their way into the store.
//
// Threads: the control loop.
// Limits:  a line longer than Parser::line_bytes_max() is refused and not kept; what waits to be
//          staged is bounded by whoever appends (backlog()).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/time.h"
#include "introspectd/update.h"
#include "token/writer.h"
#include "update/parser.h"

namespace introspectd::update {

struct FeedReport {
  struct Error {
    std::uint64_t line;  // from 1
    Reason reason;
  };
  static constexpr std::size_t kErrorsMax = 100;

  std::uint64_t lines = 0;
  std::uint64_t applied = 0;
  std::uint64_t expired = 0;
  std::uint64_t rejected = 0;
  std::uint64_t sequence = 0;  // the highest one of its lines
  std::vector<Error> errors;   // the first kErrorsMax
  bool heartbeat = false;
  bool complete = false;
  bool ended = false;  // an export's last line came, and its count was right
};

class Feed {
 public:
  Feed(Parser& parser, token::Writer& writer, Pusher pusher, Origin origin)
      : parser_(parser),
        writer_(writer),
        pusher_(std::move(pusher)),
        origin_(origin),
        line_bytes_max_(parser.line_bytes_max(origin)) {}

  // Takes over the next bytes of the body; lines may be cut anywhere.
  void Append(std::string_view bytes);
  // The body is over: what is left is a line too.
  void Finish();

  // Takes the next line if one is whole, or the next part of an overlong one, and stages what it
  // says; false when there is none. The writer must be settled.
  bool StageLine(Now now);

  // Whether a line waits to be staged, and how many bytes wait.
  bool ready() const;
  bool done() const { return finished_ && at_ == bytes_.size(); }
  std::size_t backlog() const { return bytes_.size() - at_; }
  const FeedReport& report() const { return report_; }

 private:
  void Apply(std::string_view line, Now now);
  void ApplyParsed(Line parsed, Now now);
  void Refuse(Reason reason);
  // Whatever follows: a carriage return belongs to the line's end, not to the line.
  bool IsOverlong(std::size_t size) const { return size > line_bytes_max_ + 1; }

  Parser& parser_;
  token::Writer& writer_;
  const Pusher pusher_;
  const Origin origin_;
  const std::size_t line_bytes_max_;
  std::string bytes_;
  std::size_t at_ = 0;       // what is before was staged
  std::size_t scanned_ = 0;  // no line end in [at_, scanned_)
  bool overlong_ = false;    // the line was refused, what is left of it is passed over
  bool finished_ = false;
  bool end_seen_ = false;
  std::uint64_t content_lines_ = 0;  // all but position and end, for an export's count
  FeedReport report_;
};

}  // namespace introspectd::update
