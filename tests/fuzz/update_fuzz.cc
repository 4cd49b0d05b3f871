// Whatever is pushed: it comes to the same however it is cut, and when its lines are parsed ahead;
// nobody changes what is not theirs to change; and what is written of a change is read by another
// node as that change.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "input.h"
#include "token/rules.h"
#include "update/feed.h"
#include "update/format.h"
#include "update/line_block.h"
#include "update/parser.h"

namespace introspectd::update {
namespace {

constexpr std::size_t kCuts = 3;
constexpr const char* kIssuer = "https://server.example.com/";
constexpr Now kNow{.wall_us = 1'700'000'000 * kMicrosPerSecond};

struct How {
  explicit How(std::uint8_t flags)
      : origin((flags & 1) != 0 ? Origin::kNode : Origin::kPusher),
        options{.issuer = kIssuer,
                .token_lifetime_max_s = 1000,
                .line_bytes_max = (flags & 2) != 0 ? 16'384u : 256u} {
    pusher.any_issuer = (flags & 4) != 0;
    pusher.may_upsert = (flags & 8) == 0;
    pusher.may_revoke = (flags & 16) == 0;
    if ((flags & 32) == 0) pusher.issuers = {kIssuer, "https://b/"};
    admission.memory_full = (flags & 64) != 0;
  }

  Origin origin;
  ParserOptions options;
  Pusher pusher;
  Admission admission;
};

// Reads what was written as another node does, and writes it again.
std::string WrittenAgain(std::string_view lines) {
  static Parser parser({.issuer = "https://another.example/"});
  std::string again;
  while (!lines.empty()) {
    const std::size_t size = lines.find('\n');
    CHECK(size != std::string_view::npos);
    const Line line = parser.Parse(lines.substr(0, size), {}, Origin::kNode, 0, kNow.wall_us);
    CHECK(std::holds_alternative<token::Update>(line) && parser.brought_sequence());
    AppendUpdate(std::get<token::Update>(line), kNow.seconds(), again);
    lines.remove_prefix(size + 1);
  }
  return again;
}

// Where updates end up: as text.
class Told final : public Target {
 public:
  explicit Told(const How& how) : how_(how) {}

  std::uint64_t EntrySequence(UnixMicros now) const override {
    return std::max(static_cast<std::uint64_t>(now), sequence_ + 1);
  }
  void SawSequence(std::uint64_t sequence) override { sequence_ = std::max(sequence_, sequence); }
  void Prefetch(const TokenDigest& /*token*/) const override {}
  void PrefetchRecord(const TokenDigest& /*token*/) const override {}
  token::Outcome Stage(token::Update update, UnixSeconds now) override {
    CheckAllowed(update);
    std::string lines;
    const Written written = AppendUpdate(update, now, lines);
    CHECK(static_cast<std::size_t>(std::ranges::count(lines, '\n')) == written.lines);
    CHECK(WrittenAgain(lines) == lines);
    text += lines;
    const auto* upsert = std::get_if<token::Upsert>(&update);
    const bool expired = upsert != nullptr && upsert->record->exp() <= now;
    return expired ? token::Outcome::kExpired : token::Outcome::kApplied;
  }
  void Stage(Sign sign, std::uint64_t sequence, UnixSeconds now) override {
    AppendSign(sign, sequence, now, text);
  }
  Keeping Keep() override { return Keeping::kNothing; }
  void Publish() override {}
  bool StageSweep(UnixSeconds /*now*/) override { return false; }
  bool settled() const override { return true; }
  bool TrySettle() override { return true; }

  std::string text;

 private:
  void CheckAllowed(const token::Update& update) const {
    const bool upserts = std::holds_alternative<token::Upsert>(update);
    CHECK(upserts ? how_.pusher.may_upsert : how_.pusher.may_revoke);
    if (how_.origin == Origin::kNode) return;
    CHECK(!upserts || !how_.admission.memory_full);
    if (const auto* upsert = std::get_if<token::Upsert>(&update)) {
      const UnixSeconds life = how_.options.token_lifetime_max_s + 300;
      CHECK(upsert->record->exp() <= kNow.seconds() + life);
      CheckIssuer(upsert->record->field(token::Field::kIss).value_or(kIssuer));
    } else if (const auto* jti = std::get_if<token::RevokeJti>(&update)) {
      CheckIssuer(token::IssAndJtiOf(jti->key).first);
    } else if (const auto* rule = std::get_if<token::AddRule>(&update)) {
      CHECK(!rule->keys.empty());
      CHECK(rule->issued_before <= kNow.seconds() + 60);
      for (const std::string& key : rule->keys) CheckRule(token::MembersOf(key));
    }
  }
  void CheckRule(const token::RuleMembers& members) const {
    CHECK(members.sub || members.client_id || members.sid);
    CHECK(members.iss || how_.pusher.any_issuer);
    if (members.iss) CheckIssuer(*members.iss);
  }
  void CheckIssuer(std::string_view issuer) const {
    CHECK(how_.pusher.any_issuer || std::ranges::count(how_.pusher.issuers, issuer) > 0);
  }

  const How& how_;
  std::uint64_t sequence_ = 0;
};

// What came of a body.
struct Outcome {
  std::string text;
  std::array<std::uint64_t, 5> counts{};  // lines, applied, expired, rejected, sequence
  std::string log_position;
  std::vector<std::pair<std::uint64_t, Reason>> errors;
  std::array<bool, 6> flags{};

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome OutcomeOf(const Told& told, const FeedReport& report) {
  Outcome outcome{
      .text = told.text,
      .counts = {report.lines, report.applied, report.expired, report.rejected, report.sequence},
      .log_position = report.log_position,
      .errors = {},
      .flags = {report.heartbeat, report.complete, report.ended, report.storage_full,
                report.memory_full, report.log_away}};
  for (const auto& [line, reason] : report.errors) outcome.errors.emplace_back(line, reason);
  return outcome;
}

void StageAll(Feed& feed) {
  while (feed.StageLine(kNow)) {
  }
}

// Cut before each of `cuts`; staged between the pieces, or only when all have come.
Outcome Push(std::string_view body, const std::vector<std::size_t>& cuts, bool at_once,
             const How& how) {
  Parser parser(how.options);
  Told told(how);
  Feed feed(parser, told, how.admission, how.pusher, how.origin);
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    feed.Append(std::string(body.substr(begin, cut - begin)));
    begin = cut;
    if (at_once) StageAll(feed);
    CHECK(!at_once || feed.backlog() <= how.options.line_bytes_max + 4096 + 1);
  }
  feed.Append(body.substr(begin));
  feed.Finish();
  StageAll(feed);
  CHECK(feed.done() && feed.backlog() == 0);
  return OutcomeOf(told, feed.report());
}

// The lines as a block that is parsed apart, and given its sequences afterwards.
void CheckBlock(std::string body, const Outcome& whole, const How& how) {
  if (body.empty()) return;
  if (body.back() != '\n') body += '\n';
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(body, '\n'));
  constexpr std::uint64_t kEstimate = static_cast<std::uint64_t>(kNow.wall_us);
  Parser parser(how.options);
  LineBlock block(std::move(body), lines, std::make_shared<const Pusher>(how.pusher), how.origin,
                  kEstimate, kNow.wall_us);
  CHECK(block.Claim() && !block.Claim());
  block.Parse(parser);
  CHECK(block.parsed() && lines == whole.counts[0]);
  Told told(how);
  std::vector<std::pair<std::uint64_t, Reason>> refused;
  for (ParsedLine& parsed : block.lines()) {
    Line& line = parsed.line;
    if (!parsed.brought_sequence) {
      GiveSequence(line, kEstimate, told.EntrySequence(kNow.wall_us));
    }
    if (auto* update = std::get_if<token::Update>(&line)) {
      told.SawSequence(token::SequenceOf(*update));
      told.Stage(std::move(*update), kNow.seconds());
    } else if (auto* heartbeat = std::get_if<Heartbeat>(&line)) {
      told.Stage(Sign::kHeartbeat, heartbeat->sequence, kNow.seconds());
    } else if (auto* complete = std::get_if<Complete>(&line)) {
      told.Stage(Sign::kComplete, complete->sequence, kNow.seconds());
    } else {
      refused.emplace_back(parsed.number, std::get<Refused>(line).reason);
    }
  }
  CHECK(told.text == whole.text);
  CHECK(refused.size() == whole.counts[3]);
  refused.resize(std::min(refused.size(), FeedReport::kErrorsMax));
  CHECK(refused == whole.errors);
}

void CheckReport(const Outcome& outcome) {
  const auto& [lines, applied, expired, rejected, sequence] = outcome.counts;
  CHECK(applied + expired + rejected <= lines);
  CHECK(outcome.errors.size() == std::min<std::uint64_t>(rejected, FeedReport::kErrorsMax));
  for (const auto& [line, reason] : outcome.errors) {
    CHECK(line >= 1 && line <= lines && !reason.empty());
    CHECK(std::ranges::all_of(reason, [](char c) { return c >= ' ' && c <= '~'; }));
  }
}

void CheckBody(fuzz::Input input) {
  const How how(input.TakeByte());
  const std::vector<std::size_t> cuts = input.TakeCuts(kCuts);
  const std::string_view body = input.rest();
  const Outcome whole = Push(body, {}, true, how);
  CheckReport(whole);
  CHECK(Push(body, cuts, true, how) == whole);
  CHECK(Push(body, cuts, false, how) == whole);
  std::vector<std::size_t> everywhere;
  for (std::size_t cut = 1; cut < body.size(); ++cut) everywhere.push_back(cut);
  CHECK(Push(body, everywhere, true, how) == whole);
  if (how.origin == Origin::kPusher && !how.admission.memory_full) {
    CheckBlock(std::string(body), whole, how);
  }
}

}  // namespace
}  // namespace introspectd::update

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::update::CheckBody({data, size});
  return 0;
}
