#include "http/session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "http/secret_buffer.h"

namespace introspectd::http {

namespace {

constexpr std::size_t kHeldBytesKept = 16 * 1024;  // of memory, by a connection that needs none
constexpr std::size_t kSourcePartBytes = 64 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

int StatusOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed:
      return 400;
    case Refusal::kVersion:
      return 505;
    case Refusal::kHeadTooLarge:
      return 431;
    case Refusal::kTargetTooLong:
      return 414;
    case Refusal::kNone:
      break;
  }
  CHECK(false);
}

Persistence PersistenceOf(const Head& head, bool close) {
  if (close) return Persistence::kClose;
  return head.version.minor == 0 ? Persistence::kKeepAlive : Persistence::kDefault;
}

}  // namespace

Session::Session(const HttpLimits& limits, Handler& handler, DateCache& date)
    : limits_(limits), handler_(handler), date_(date), gate_(limits) {}

Session::~Session() = default;

void Session::Open(std::uint32_t slot, std::uint32_t generation, Now now, const Peer& peer) {
  peer_ = &peer;
  ticket_ = {slot, generation, 0};
  end_of_input_ = draining_ = more_behind_ = false;
  held_.clear();
  known_ = {};
  deferred_.clear();
  source_.reset();
  FinishRequest(false, now);
  BeginTurn();
  // A client that has just connected has something to ask.
  deadline_ms_ = now.boot_ms + limits_.head_ms_max;
}

// Whatever a string held at its largest would otherwise stay for as long as the place does.
void Session::Forget() {
  for (std::string* buffer : {&held_, &head_bytes_, &body_, &source_part_, &known_bytes_}) {
    CleanseAll(*buffer, 0);
  }
}

void Session::Receive(std::string_view in, Now now, std::string& out) {
  BeginTurn();
  if (!held_.empty() || state_ == State::kClosing) {
    Append(held_, in);
    return Run(now, out);
  }
  const std::size_t used = Process(in, now, out);
  if (used < in.size()) Assign(held_, in.substr(used));
}

void Session::ReceiveEnd(Now now, std::string& out) {
  end_of_input_ = true;
  Run(now, out);
}

void Session::Resume(const Ticket& ticket, Resumption resumption, Now now, std::string& out) {
  if (ticket != ticket_) return;
  switch (state_) {
    case State::kPendingHead:
      state_ = State::kHeadWhole;
      break;
    case State::kPendingBody:
      state_ = State::kBody;
      break;
    case State::kPendingWhole:
      state_ = State::kWhole;
      break;
    case State::kPaused:
      state_ = State::kStream;
      break;
    default:
      return;
  }
  resumption_ = resumption;
  waiting_ = false;
  Run(now, out);
}

void Session::Continue(Now now, std::string& out) {
  BeginTurn();
  // While its answers were on their way nothing was read from the client.
  waiting_ = false;
  if (idle()) deadline_ms_ = now.boot_ms + IdleLimit();
  if (source_ != nullptr) PullSource(now, out);
  Run(now, out);
}

void Session::Expire(Now now, std::string& out) {
  switch (state_) {
    case State::kPendingHead:
    case State::kPendingBody:
    case State::kPendingWhole:
      return Resume(ticket_, Resumption::kUnavailable, now, out);
    case State::kHead:
      if (!gate_.started()) break;  // idle, or nothing was ever asked
      [[fallthrough]];
    case State::kBody:
    case State::kChunks:
    case State::kStream:
      Refuse(408, now, out);
      return;
    default:
      break;
  }
  state_ = State::kClosing;
}

// An idle connection is not closed at once: the client's next request may be on its way, and would
// get no answer.
void Session::Drain(Now now) {
  draining_ = true;
  if (idle()) deadline_ms_ = std::min<std::int64_t>(deadline_ms_, now.boot_ms + kDrainIdle_ms);
}

std::uint32_t Session::IdleLimit() const {
  return draining_ ? std::min(limits_.idle_ms_max, kDrainIdle_ms) : limits_.idle_ms_max;
}

bool Session::idle() const { return state_ == State::kHead && !gate_.started() && !stopped_; }

bool Session::reading() const {
  return state_ == State::kHead || state_ == State::kBody || state_ == State::kChunks ||
         state_ == State::kStream;
}

bool Session::wants_input() const { return reading() && !stopped_ && !end_of_input_; }

// Answers that are owed count, so that no number of reads makes them more.
void Session::BeginTurn() {
  answered_in_turn_ = static_cast<std::uint32_t>(deferred_.size());
  stopped_ = false;
}

bool Session::TurnIsOver(const std::string& out) const {
  return answered_in_turn_ >= limits_.pipeline_max || out.size() >= limits_.output_bytes_max;
}

void Session::Run(Now now, std::string& out) {
  const std::size_t used = Process(held_, now, out);
  held_.erase(0, state_ == State::kClosing ? held_.size() : used);
  if (held_.empty() && held_.capacity() > kHeldBytesKept) CleanseAll(held_, 0);
}

std::size_t Session::Process(std::string_view in, Now now, std::string& out) {
  std::size_t at = 0;
  while (state_ != State::kClosing) {
    const bool all_read = at == in.size() && reading();
    if (TurnIsOver(out) && !all_read) {
      stopped_ = true;
      return at;
    }
    if (Step(in, at, now, out) == Next::kWait) {
      if (end_of_input_ && reading()) state_ = State::kClosing;
      return at;
    }
  }
  return in.size();
}

Session::Next Session::Step(std::string_view in, std::size_t& at, Now now, std::string& out) {
  const std::string_view rest = in.substr(at);
  switch (state_) {
    case State::kHead:
      return StepHead(rest, now, out);
    case State::kHeadWhole:
      return StepHeadWhole(rest, at, now, out);
    case State::kBody:
      return StepBody(rest, at, now, out);
    case State::kChunks:
      return StepChunks(rest, at, now, out);
    case State::kStream:
      return StepStream(rest, at, now, out);
    case State::kWhole:
      return StepWhole(rest, now, out);
    default:
      return Next::kWait;
  }
}

Session::Next Session::StepHead(std::string_view message, Now now, std::string& out) {
  if (message.empty()) return Next::kWait;
  if (!known_.empty() && !gate_.started() && message.substr(0, known_.size()) == known_) {
    at_known_head_ = true;
    state_ = State::kBody;
    return Next::kGoOn;
  }
  switch (gate_.Feed(message)) {
    case Gate::Step::kNeedMore:
      return gate_.started() ? WaitFor(limits_.head_ms_max, now) : Next::kWait;
    case Gate::Step::kRefused:
      return Refuse(StatusOf(gate_.refusal()), now, out);
    case Gate::Step::kDone:
      break;
  }
  const Head& head = CurrentHead(message);
  const bool judged = Referee::Knows(head.method) && !head.endless();
  if (judged && !referee_.AgreesOnHead(message.substr(0, head.size), head)) {
    return Refuse(400, now, out);
  }
  if (head.expects_other) return Refuse(417, now, out, head.method != "HEAD");
  state_ = State::kHeadWhole;
  return Next::kGoOn;
}

Session::Next Session::StepHeadWhole(std::string_view message, std::size_t& at, Now now,
                                     std::string& out) {
  const Head& head = CurrentHead(message);
  Exchange exchange = MakeExchange(head, {}, now);
  const Plan plan = handler_.OnHead(exchange);
  if (plan == Plan::kPending) return Pend(State::kPendingHead, now);
  CHECK(plan == Plan::kAnswered || Referee::Knows(head.method));
  if (plan != Plan::kAnswered) return BeginBody(plan, exchange, message, at, out);
  // What the body of such a request is, is not worth waiting for.
  exchange.close |= head.has_body() || !Referee::Knows(head.method);
  more_behind_ = message.size() > head.size;
  at += head.size;
  Answer(head, exchange, now, out);
  return Next::kGoOn;
}

Session::Next Session::BeginBody(Plan plan, const Exchange& exchange, std::string_view message,
                                 std::size_t& at, std::string& out) {
  const Head& head = exchange.head;
  resumption_ = Resumption::kNone;
  pending_since_.reset();  // its body is still to come
  waiting_ = false;
  if (plan == Plan::kBuffer && head.content_length.value_or(0) > limits_.body_bytes_max) {
    return Refuse(413, exchange.now, out);
  }
  if (head.expects_continue) {
    Settle(exchange.now, out);
    out += kContinue;
  }
  if (plan == Plan::kBuffer && !head.chunked) {
    state_ = State::kBody;
    if (exchange.always) Remember(message, head);
    return Next::kGoOn;
  }
  state_ = plan == Plan::kBuffer ? State::kChunks : State::kStream;
  body_left_ = head.content_length.value_or(0);
  stream_over_ = !head.has_body();
  at += head.size;
  Assign(head_bytes_, message.substr(0, head.size));
  chunk_gate_.Reset();
  body_.clear();
  return Next::kGoOn;
}

Session::Next Session::StepBody(std::string_view message, std::size_t& at, Now now,
                                std::string& out) {
  const Head& head = CurrentHead(message);
  const std::size_t size = head.size + head.content_length.value_or(0);
  if (message.size() < size) return WaitFor(limits_.body_ms_max, now);
  const std::string_view body = message.substr(head.size, size - head.size);
  more_behind_ = message.size() > size;
  if (AskAboutRequest(head, body, now, out) == Progress::kPending) {
    return Pend(State::kPendingBody, now);
  }
  at += size;
  return Next::kGoOn;
}

// No more than what may make the body one byte too long is looked at, so that the verdict is the
// same however the bytes came.
Session::Next Session::StepChunks(std::string_view rest, std::size_t& at, Now now,
                                  std::string& out) {
  if (rest.empty()) return WaitFor(limits_.body_ms_max, now);
  // The limit may have become smaller than what is here.
  const std::size_t room =
      std::max<std::size_t>(limits_.body_bytes_max, body_.size()) + 1 - body_.size();
  std::size_t used = 0;
  bool last = false;
  if (!DecodeChunks(rest.substr(0, room), used, last)) return Refuse(400, now, out);
  at += used;
  if (chunk_gate_.announced() > limits_.body_bytes_max ||
      body_.size() + chunk_gate_.announced() > limits_.body_bytes_max) {
    return Refuse(413, now, out);
  }
  if (last) state_ = State::kWhole;
  return Next::kGoOn;
}

Session::Next Session::StepStream(std::string_view rest, std::size_t& at, Now now,
                                  std::string& out) {
  if (stream_over_) {
    state_ = State::kWhole;
    return Next::kGoOn;
  }
  if (rest.empty()) return WaitFor(limits_.body_ms_max, now);
  waiting_ = false;
  std::string_view part = rest;
  std::size_t used = 0;
  if (CurrentHead({}).chunked) {
    body_.clear();
    if (!DecodeChunks(rest, used, stream_over_)) return Refuse(400, now, out);
    part = body_;
  } else {
    used = std::min<std::uint64_t>(body_left_, rest.size());
    part = rest.substr(0, used);
    body_left_ -= used;
    stream_over_ = body_left_ == 0;
  }
  at += used;
  if (handler_.OnBody(part, now)) return Next::kGoOn;
  state_ = State::kPaused;
  deadline_ms_ = kNoDeadline;
  return Next::kWait;
}

Session::Next Session::StepWhole(std::string_view rest, Now now, std::string& out) {
  const Head& head = CurrentHead({});
  more_behind_ = !rest.empty();
  if (AskAboutRequest(head, body_, now, out) == Progress::kPending) {
    return Pend(State::kPendingWhole, now);
  }
  return Next::kGoOn;
}

Progress Session::AskAboutRequest(const Head& head, std::string_view body, Now now,
                                  std::string& out) {
  Exchange exchange = MakeExchange(head, body, now);
  const Progress progress = handler_.OnRequest(exchange);
  if (progress == Progress::kAnswered) Answer(head, exchange, now, out);
  if (progress == Progress::kDeferred) {
    const bool close = ends_here() || !head.keep_alive();
    deferred_.push_back({exchange.deferred, PersistenceOf(head, close)});
    FinishRequest(close, now);
  }
  return progress;
}

void Session::Settle(Now now, std::string& out) {
  for (const Deferred& deferred : deferred_) {
    const Reply reply = handler_.OnDeferred(deferred.name, now);
    if (reply.status == 200 && reply.extra_headers.empty() &&
        deferred.persistence == Persistence::kDefault) {
      date_.AppendOk(reply.body, now.seconds(), out);
    } else {
      AppendReply(reply, deferred.persistence, date_.Get(now.seconds()), true, out);
    }
  }
  deferred_.clear();
}

bool Session::DecodeChunks(std::string_view bytes, std::size_t& used, bool& last) {
  used = 0;
  MakeRoom(body_, body_.size() + bytes.size());
  while (used < bytes.size() && !last) {
    std::size_t size = 0;
    const std::string_view rest = bytes.substr(used);
    const ChunkGate::Step step = chunk_gate_.Feed(rest, size);
    last = step == ChunkGate::Step::kDone;
    const std::string_view plain = rest.substr(0, size - chunk_gate_.skipped());
    if (step == ChunkGate::Step::kMalformed || !referee_.AgreesOnChunks(plain, last, body_)) {
      return false;
    }
    used += size;
  }
  return true;
}

void Session::Answer(const Head& head, Exchange& exchange, Now now, std::string& out) {
  Settle(now, out);  // in order
  bool close = exchange.close || ends_here() || !head.keep_alive();
  const std::string_view date = date_.Get(now.seconds());
  if (exchange.source == nullptr) {
    AppendReply(exchange.reply, PersistenceOf(head, close), date, head.method != "HEAD", out);
    return FinishRequest(close, now);
  }
  source_chunked_ = head.version.minor >= 1;
  close |= !source_chunked_;
  close_behind_source_ = close;
  AppendStreamHead(exchange.source_type, source_chunked_, PersistenceOf(head, close), date, out);
  source_ = std::move(exchange.source);
  state_ = State::kSource;
  deadline_ms_ = kNoDeadline;
}

void Session::FinishRequest(bool close, Now now) {
  state_ = close ? State::kClosing : State::kHead;
  ++ticket_.request;
  ++answered_in_turn_;
  resumption_ = Resumption::kNone;
  pending_since_.reset();
  waiting_ = at_known_head_ = false;
  head_bytes_.clear();
  if (!body_.empty()) CleanseAll(body_);
  if (body_.capacity() > kHeldBytesKept) std::string().swap(body_);
  gate_.Reset();
  deadline_ms_ = now.boot_ms + IdleLimit();
}

Session::Next Session::Refuse(int status, Now now, std::string& out, bool with_body) {
  Settle(now, out);
  AppendReply({.status = status, .body = handler_.RefusalBody(status)}, Persistence::kClose,
              date_.Get(now.seconds()), with_body, out);
  state_ = State::kClosing;
  return Next::kGoOn;
}

void Session::PullSource(Now now, std::string& out) {
  bool more = true;
  while (more && out.size() < kSourcePartBytes) {
    source_part_.clear();
    more = source_->Pull(source_part_, now);
    if (source_chunked_) {
      AppendChunk(source_part_, out);
    } else {
      out += source_part_;
    }
  }
  if (more) return;
  if (source_chunked_) AppendLastChunk(out);
  source_.reset();
  std::string().swap(source_part_);
  FinishRequest(close_behind_source_ || draining_, now);
}

// Only heads that leave nothing open: the next request with these bytes takes the same way.
void Session::Remember(std::string_view message, const Head& head) {
  if (at_known_head_ || !head.content_length || head.expects_continue || !head.keep_alive() ||
      message.substr(0, 2) == "\r\n") {
    return;
  }
  Assign(known_bytes_, message.substr(0, head.size));
  known_ = known_bytes_;
  known_head_ = gate_.head(known_bytes_);
  note_ = 0;
  at_known_head_ = true;
}

const Head& Session::CurrentHead(std::string_view message) {
  if (at_known_head_) return known_head_;
  head_ = gate_.head(head_bytes_.empty() ? message : std::string_view(head_bytes_));
  return head_;
}

Exchange Session::MakeExchange(const Head& head, std::string_view body, Now now) {
  return Exchange{.head = head,
                  .body = body,
                  .peer = *peer_,
                  .ticket = ticket_,
                  .resumption = std::exchange(resumption_, Resumption::kNone),
                  .now = now,
                  .asked = pending_since_.value_or(now),
                  .note = at_known_head_ ? note_ : (no_note_ = 0)};
}

Session::Next Session::WaitFor(std::uint32_t ms, Now now) {
  if (!std::exchange(waiting_, true)) deadline_ms_ = now.boot_ms + ms;
  return Next::kWait;
}

Session::Next Session::Pend(State state, Now now) {
  state_ = state;
  if (!pending_since_) pending_since_ = now;
  deadline_ms_ = now.boot_ms + limits_.pending_ms_max;
  return Next::kWait;
}

}  // namespace introspectd::http
