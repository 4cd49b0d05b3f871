// A node without a server: a store, and the feeds that change it.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "introspectd/store.h"
#include "update/feed.h"
#include "update/store_target.h"

namespace introspectd::update {

class Node {
 public:
  static constexpr const char* kIssuer = "https://server.example.com/";
  static constexpr std::int64_t kLifetimeMax = 1000;
  static constexpr UnixSeconds kNow = 1'700'000'000;

  static Now At(UnixSeconds now) { return {.wall_us = now * kMicrosPerSecond}; }

  explicit Node(std::size_t line_bytes_max = 16'384)
      : parser({.issuer = kIssuer,
                .token_lifetime_max_s = kLifetimeMax,
                .line_bytes_max = line_bytes_max}) {}

  Feed NewFeed(Origin origin = Origin::kPusher) {
    return Feed(parser, target, admission, pusher, origin);
  }

  // A whole body, in pieces of `piece` bytes, each staged before the next comes.
  FeedReport Take(std::string_view body, Origin origin = Origin::kPusher, UnixSeconds now = kNow,
                  std::size_t piece = std::string_view::npos) {
    Feed feed = NewFeed(origin);
    for (std::size_t at = 0; at < body.size(); at += std::min(piece, body.size() - at)) {
      feed.Append(body.substr(at, piece));
      while (feed.StageLine(At(now))) {
      }
    }
    feed.Finish();
    while (feed.StageLine(At(now))) {
    }
    writer.PublishAndSettle();
    return feed.report();
  }

  TokenState StateOf(const TokenDigest& digest, UnixSeconds now = kNow) {
    reader.Enter();
    const TokenState state = reader.Find(digest, now).state;
    reader.Leave();
    return state;
  }
  TokenState StateOf(std::string_view token, UnixSeconds now = kNow) {
    return StateOf(TokenDigest::Of(token), now);
  }
  std::string AnswerOf(std::string_view token, UnixSeconds now = kNow) {
    reader.Enter();
    const Store::Finding found = reader.Find(TokenDigest::Of(token), now);
    const std::string answer(found.state == TokenState::kActive ? found.token.answer() : "none");
    reader.Leave();
    return answer;
  }

  Store store{{.issuer = kIssuer, .token_lifetime_max_s = kLifetimeMax}};
  Admission admission;
  token::Writer& writer = store.writer();
  StoreTarget target{writer};
  Parser parser;
  Pusher pusher{.any_issuer = true};
  Store::Reader reader{store};
};

}  // namespace introspectd::update
