#include "http/scripted_handler.h"

#include <gtest/gtest.h>

#include <memory>

#include "http/referee.h"

namespace introspectd::http {

namespace {

class Parts final : public Source {
 public:
  explicit Parts(int count) : count_(count) {}

  bool Pull(std::string& out, Now /*now*/) override {
    out += "part " + std::to_string(++made_) + "\n";
    return made_ < count_;
  }

 private:
  const int count_;
  int made_ = 0;
};

constexpr std::uint64_t kNote = 7;

}  // namespace

// What waited is asked about again; what cannot be told is 503, what was refused 401.
bool ScriptedHandler::Waits(Exchange& exchange) {
  switch (exchange.resumption) {
    case Resumption::kNone:
      EXPECT_FALSE(waiting_.has_value()) << "a session waits for one request at a time";
      waiting_ = exchange.ticket;
      return true;
    case Resumption::kRetry:
    case Resumption::kItsTurn:
    case Resumption::kKeysFetched:
      return false;
    case Resumption::kRefused:
      exchange.reply = {.status = 401, .body = "refused"};
      return false;
    case Resumption::kUnavailable:
      exchange.reply = {.status = 503, .body = "unavailable"};
      return false;
  }
  return false;
}

Plan ScriptedHandler::OnHead(Exchange& exchange) {
  const std::string_view path = exchange.head.path();
  const std::string what = std::string(exchange.head.method) + " " + std::string(path);
  heads.push_back(what);
  peers.push_back(exchange.peer.address);
  streamed_.clear();
  unpaused_ = 0;
  exchange.reply = {};
  if (!Referee::Knows(exchange.head.method)) {
    exchange.reply = {.status = 405, .body = "no such method"};
  } else if (path == "/head-later") {
    if (Waits(exchange)) return Plan::kPending;
    if (exchange.reply.status == 200) return Plan::kBuffer;
  } else if (path == "/stream" || path == "/stream-later") {
    streaming_ = exchange.ticket;
    return Plan::kStream;
  } else if (path == "/echo" || path == "/later") {
    return Plan::kBuffer;
  } else if (path == "/again" || path == "/deferred") {
    exchange.always = true;
    return Plan::kBuffer;
  } else if (path == "/source") {
    exchange.source = std::make_unique<Parts>(source_parts);
    exchange.source_type = "application/x-ndjson";
  } else if (path == "/now" || path == "/bye") {
    exchange.reply = {.status = 200, .body = "now"};
    exchange.close = path == "/bye";
  } else {
    exchange.reply = {.status = 404, .body = "nothing there"};
  }
  asked.push_back(what);
  return Plan::kAnswered;
}

bool ScriptedHandler::OnBody(std::string_view part, Now /*now*/) {
  streamed_ += part;
  unpaused_ += part.size();
  if (pause_every == 0 || unpaused_ < pause_every) return true;
  unpaused_ = 0;
  waiting_ = streaming_;
  return false;
}

Progress ScriptedHandler::OnRequest(Exchange& exchange) {
  const std::string_view path = exchange.head.path();
  exchange.reply = {};
  if ((path == "/later" || path == "/stream-later") && Waits(exchange)) return Progress::kPending;
  notes.push_back(exchange.note);
  exchange.note = kNote;
  Answer(exchange);
  if (path != "/deferred") return Progress::kAnswered;
  exchange.deferred = static_cast<std::uint32_t>(deferred_.size());
  deferred_.push_back(body_);
  return Progress::kDeferred;
}

void ScriptedHandler::Answer(Exchange& exchange) {
  const bool streamed = exchange.head.path().starts_with("/stream");
  body_ = std::string(exchange.head.method) + " " + std::string(exchange.head.target) + " " +
          (streamed ? streamed_ : std::string(exchange.body));
  asked.push_back(body_);
  if (exchange.reply.status == 200) exchange.reply.body = body_;
}

Reply ScriptedHandler::OnDeferred(std::uint32_t deferred, Now /*now*/) {
  deferred_body_ = std::exchange(deferred_.at(deferred), "asked for twice");
  deferred_body_.append(deferred_pad, '.');
  return {.status = 200, .body = deferred_body_};
}

std::string_view ScriptedHandler::RefusalBody(int status) {
  refused.push_back(status);
  return "refused by the session";
}

}  // namespace introspectd::http
