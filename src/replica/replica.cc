#include "replica/replica.h"

#include <utility>

namespace introspectd::replica {

namespace {

// What one node takes must be readable for all, whatever their limits.
constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

}  // namespace

Replica::Replica(net::Loop& loop, const Options& options, token::Writer& writer,
                 update::Target& store, update::Pipeline& pipeline, journal::NoteBook* notes,
                 bool& away, Hooks hooks)
    : options_(options),
      hooks_(std::move(hooks)),
      notes_(notes != nullptr ? *notes : memory_notes_),
      parser_({.issuer = options.issuer,
               .token_lifetime_max_s = options.token_lifetime_max_s,
               .line_bytes_max = kLineBytesMax}),
      feed_(pipeline, store, parser_, notes_, options.keep_s,
            {.wake = hooks_.wake,
             .progressed = [this] { follower_.OnProgress(); },
             .heartbeat = hooks_.heartbeat,
             .complete = hooks_.complete}),
      outbox_(loop, options.url, writer, feed_, notes_, away,
              {.kept =
                   [this](bool kept) {
                     kept_ = kept;
                     hooks_.wake();
                   },
               .inserted = [this](const std::string& id) { follower_.Know(id); },
               .now = hooks_.now}),
      entry_(outbox_),
      follower_(loop, options_, feed_, notes_,
                {.beat = [this](std::int64_t sent_ms) { OnBeat(sent_ms); }, .now = hooks_.now}),
      trimmer_(loop, options.url, writer, parser_,
               {.may_trim = [this] { return follower_.following() && hooks_.clock_is_good(); },
                .now = hooks_.now}) {}

void Replica::Start() {
  outbox_.LoadOwed();
  follower_.Start();
  outbox_.Open();
  trimmer_.Start();
}

bool Replica::Turn(Now now) {
  if (kept_) entry_.OnKept(*std::exchange(kept_, std::nullopt));
  return entry_.Turn(now);
}

void Replica::Tick(Now now) {
  follower_.Tick(now);
  outbox_.Tick(now);
  trimmer_.Tick(now);
  memory_notes_.Forget(kRowPrefix, now.seconds());
}

void Replica::Close() {
  follower_.Close();
  outbox_.Close();
  trimmer_.Close();
}

void Replica::OnBeat(std::int64_t sent_ms) {
  hooks_.lease(options_.fail_closed ? sent_ms + options_.staleness_max_s * 1000 : INT64_MAX);
}

ReplicaReport Replica::Report(Now now) const {
  return {.follow = follower_.Report(now),
          .writable = outbox_.writable(),
          .rows_owed = outbox_.owed(),
          .rows_trimmed = trimmer_.rows_trimmed()};
}

void Replica::Describe(text::JsonWriter& json, Now now) const {
  json.BeginObject();
  follower_.Describe(json, now);
  json.Key("writable").Bool(outbox_.writable());
  json.Key("rows_owed").Unsigned(outbox_.owed());
  json.Key("rows_trimmed").Unsigned(trimmer_.rows_trimmed());
  json.EndObject();
}

}  // namespace introspectd::replica
