#include "replica/follower.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "fmt/format.h"
#include "log/log.h"
#include "replica/options.h"
#include "replica/statements.h"
#include "schema/schema.h"

namespace introspectd::replica {

namespace {

constexpr std::string_view kPositionKey = "position";
constexpr std::int64_t kBeat_ms = 1000;
constexpr std::int64_t kWriteEvery_ms = 10'000;
// A backend that crashed takes the server's memory with it, though the server stays the same.
constexpr std::int64_t kComparedAfterReconnect_s = 60;
// Two releases work on one log.
constexpr std::int64_t kVersionMax = schema::kVersion + 1;
constexpr UnixSeconds kForEver = INT64_MAX;

}  // namespace

Follower::Follower(net::Loop& loop, const Options& options, LogFeed& feed, journal::NoteBook& notes,
                   Hooks hooks)
    : options_(options),
      feed_(feed),
      notes_(notes),
      hooks_(std::move(hooks)),
      connection_(loop,
                  {.url = options.url,
                   .name = "introspectd follower",
                   .silence_ms_max = std::min<std::int64_t>(5000, options.staleness_max_s * 1000)},
                  {.opened = [this] { OnOpened(); },
                   .lost = [this](std::string_view why) { OnLost(why); },
                   .notified = [this] { PollSoon(); }}),
      restorer_(connection_, feed, notes,
                {.done = [this](const Position& position,
                                std::uint64_t put_back) { OnCompared(position, put_back); },
                 .now = hooks_.now}),
      poll_timer_(loop, [this] { Poll(); }) {}

void Follower::Start() {
  for (const journal::Note& note : notes_.Read(kPositionKey, "", 1)) {
    position_ = Position::FromJson(note.text);
  }
  started_ = true;
  connection_.Open();
}

void Follower::Close() {
  connection_.Close();
  poll_timer_.Close();
  started_ = false;
}

void Follower::Tick(Now now) {
  connection_.Tick(now);
  if (!started_ || connection_.open() || connection_.opening()) return;
  // What was kept is to be found by who compares it.
  if (now.boot_ms >= open_again_ms_ && notes_.Settle()) connection_.Open();
}

void Follower::OnLost(std::string_view why) {
  if (why_ != why) log::Error("the replication log is away", {{"error", why}});
  why_ = why;
  polling_ = false;
  ++connections_;
  own_.clear();
  poll_timer_.Stop();
  open_again_ms_ = base::ReadBootMillis() + kOpenAgain_ms;
}

std::function<void(const Answer&)> Follower::Then(void (Follower::*next)()) {
  return [this, next](const Answer& answer) { answer.ok ? (this->*next)() : Drop(answer.error); };
}

void Follower::OnOpened() {
  connection_.Ask({.sql = kWhoAreYou,
                   .row = [this](const Row& row) { TakeServer(row); },
                   .done = Then(&Follower::CheckServer)});
}

void Follower::TakeServer(const Row& row) {
  server_ = {std::string(row.text(0)), row.number<std::int64_t>(1), row.number<std::int64_t>(2)};
  has_schema_ = row.text(3) == "t";
  encoding_ = row.text(4);
}

void Follower::CheckServer() {
  if (encoding_ != "UTF8") return Drop("the database's encoding is not UTF8");
  if (!has_schema_ && options_.create_schema) return CreateSchema();
  if (!has_schema_) {
    return Drop("the database has no schema introspectd: introspect-cli schema prints it");
  }
  settings_error_ = "introspectd.settings is empty";
  connection_.Ask({.sql = kSettings,
                   .row = [this](const Row& row) { CheckSettings(row); },
                   .done = Then(&Follower::Prepare)});
}

// Several nodes may try at once: all but one of them fail, and look again.
void Follower::CreateSchema() {
  connection_.Ask({.sql = schema::Script({.issuer = options_.issuer,
                                          .token_lifetime_max_s = options_.token_lifetime_max_s,
                                          .line_bytes_max = options_.line_bytes_max}),
                   .script = true,
                   .done = [this](const Answer& answer) {
                     if (answer.ok) log::Info("the schema of the replication log was created");
                     Drop(answer.ok ? "the schema was created" : answer.error);
                   }});
}

void Follower::CheckSettings(const Row& row) {
  settings_error_.clear();
  const auto version = row.number<std::int64_t>(0);
  if (version < schema::kVersion || version > kVersionMax) {
    settings_error_ = fmt::format("the log's schema has version {}; this release works with {}",
                                  version, schema::kVersion);
  } else if (row.text(1) != options_.issuer) {
    settings_error_ = "the log is one of another introspection.issuer";
  } else if (row.number<std::int64_t>(2) != options_.token_lifetime_max_s) {
    settings_error_ = "the log was made for another storage.token_lifetime_max_s";
  }
}

void Follower::Prepare() {
  if (!settings_error_.empty()) return Drop(settings_error_);
  connection_.Ask({.sql = kSyncedCommits});
  connection_.Ask({.sql = kPlanForPolls});
  connection_.Ask({.sql = kListen, .done = Then(&Follower::Compare)});
}

void Follower::Compare() {
  if (!position_) {
    polling_ = true;
    return Poll();
  }
  const bool same = position_->server == server_;
  const std::int64_t window_s = same ? kComparedAfterReconnect_s : options_.keep_s;
  const std::int64_t since_us = position_->at_us - window_s * kMicrosPerSecond;
  if (!same) {
    log::Warning("the replication log has another server, or one that was started again",
                 {{"timeline", static_cast<std::uint64_t>(server_.timeline)}});
  }
  // The transaction ids of another system mean nothing here.
  const bool same_system = position_->server.system == server_.system;
  restorer_.Start(same_system ? position_->snapshot : std::string(Position::kNothing), since_us);
}

void Follower::OnCompared(Position position, std::uint64_t put_back) {
  put_back_ += put_back;
  if (put_back > 0) log::Warning("the log had lost rows; they were put back", {{"rows", put_back}});
  position.server = server_;
  feed_.AfterAll([this, position = std::move(position), life = connections_] {
    if (life != connections_) return;  // it was lost meanwhile, and will be compared again
    MoveTo(position, true, hooks_.now());
    polling_ = true;
    Poll();
  });
}

void Follower::PollSoon() {
  poll_soon_ = true;
  if (polling_ && connection_.idle() && feed_.idle()) Poll();
}

void Follower::Poll() {
  if (!polling_ || !connection_.idle()) return;
  if (const std::string wrong = feed_.WhatIsWrong(); !wrong.empty()) {
    return OnLost(wrong);  // and nothing more is read
  }
  poll_timer_.Stop();
  poll_soon_ = false;
  const std::int64_t sent_ms = base::ReadBootMillis();
  const std::int64_t beat_every_ms = std::min(kBeat_ms, options_.staleness_max_s * 250);
  const bool beat = sent_ms >= beat_ms_ + beat_every_ms;
  if (beat) beat_ms_ = sent_ms;
  polled_ = {.server = server_, .snapshot = {}};
  polled_rows_ = 0;
  Question question{.sql = PollStatement(beat)};
  question.parameters.push_back(position_ ? position_->snapshot : std::string(Position::kNothing));
  if (beat) question.parameters.push_back(node_);
  question.row = [this](const Row& row) { TakePolled(row); };
  question.done = [this, beat, sent_ms](const Answer& answer) {
    if (!answer.ok) return Drop(answer.error);
    OnPolled(beat, sent_ms, hooks_.now());
  };
  connection_.Ask(std::move(question));
}

void Follower::TakePolled(const Row& row) {
  if (!row.null(kSnapshotColumn)) {
    polled_.snapshot = row.text(kSnapshotColumn);
    polled_.at_us = row.number<std::int64_t>(kTimeColumn);
    clock_ahead_us_ = polled_.at_us - base::ReadWallMicros();
    return;
  }
  LogRow found = ReadLogRow(row, kPolledRowColumn);
  ++polled_rows_;
  if (own_.erase(found.id) > 0) return;
  feed_.Append(found, hooks_.now());
  if (feed_.full()) connection_.Pause();
}

void Follower::OnPolled(bool beat, std::int64_t sent_ms, Now now) {
  why_.clear();
  feed_.AfterAll([this, beat, sent_ms, now, polled = polled_, rows = polled_rows_ > 0] {
    if (!feed_.WhatIsWrong().empty()) return;
    MoveTo(polled, rows, now);
    polled_ms_ = sent_ms;
    if (beat) hooks_.beat(sent_ms);
    if (!polling_) return;
    poll_timer_.Start(poll_soon_ ? 0 : static_cast<std::uint64_t>(options_.poll_ms), 0);
  });
}

void Follower::MoveTo(const Position& position, bool rows, Now now) {
  position_ = position;
  if (!rows && now.boot_ms < written_ms_ + kWriteEvery_ms) return;
  written_ms_ = now.boot_ms;
  notes_.Put({.key = std::string(kPositionKey), .text = position.ToJson(), .end = kForEver});
}

void Follower::OnProgress() {
  if (!feed_.full()) connection_.GoOn();
}

void Follower::Adopt(std::string_view text) {
  const auto position = Position::FromJson(text);
  if (!position || position_) return;
  log::Info("following the log from where the export was");
  MoveTo(*position, true, hooks_.now());
  connection_.Drop("an export was loaded");
}

FollowReport Follower::Report(Now now) const {
  FollowReport report{.following = polling_ && feed_.WhatIsWrong().empty(),
                      .clock_ahead_us = clock_ahead_us_,
                      .rows = feed_.rows(),
                      .rows_put_back = put_back_};
  if (polled_ms_ != 0) report.lag_ms = now.boot_ms - polled_ms_;
  return report;
}

void Follower::Describe(text::JsonWriter& json, Now now) const {
  const FollowReport report = Report(now);
  const std::string wrong = feed_.WhatIsWrong();
  json.Key("following").Bool(report.following);
  json.Key("error").String(wrong.empty() ? why_ : wrong);
  json.Key("lag_ms").Integer(report.lag_ms.value_or(-1));
  json.Key("clock_ahead_ms").Integer(report.clock_ahead_us / 1000);
  json.Key("rows").Unsigned(report.rows);
  json.Key("rows_put_back").Unsigned(report.rows_put_back);
}

}  // namespace introspectd::replica
