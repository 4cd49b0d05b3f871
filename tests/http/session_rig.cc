#include "http/session_rig.h"

#include <gtest/gtest.h>

#include <ostream>

#include "support/wire.h"

namespace introspectd::http {

namespace {

constexpr int kTurnsMax = 1'000'000;

bool IsTo(const std::string& asked, std::string_view method) {
  return asked.starts_with(std::string(method) + " ");
}

}  // namespace

HttpLimits SmallLimits() {
  return {.head_bytes_max = 1024,
          .header_line_bytes_max = 256,
          .target_bytes_max = 64,
          .headers_max = 8,
          .body_bytes_max = 100,
          .parameters_max = 16,
          .connections_max = 9,
          .connections_per_address_max = 5,
          .pipeline_max = 4,
          .output_bytes_max = 2048,
          .head_ms_max = 1000,
          .body_ms_max = 2000,
          .write_stall_ms_max = 3000,
          .idle_ms_max = 7000,
          .handshake_ms_max = 500,
          .handshakes_max = 100,
          .pending_ms_max = 500};
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << (outcome.closing ? "closing" : "open") << ", asked:\n";
  for (const std::string& asked : outcome.asked) out << "  " << asked << "\n";
  return out << "said:\n" << outcome.said;
}

SessionRig::SessionRig(const HttpLimits& given) : limits(given), session(limits, handler, date) {
  session.Open(3, 5, now);
}

void SessionRig::Send(std::string_view bytes) {
  SendOnly(bytes);
  GoOn();
}

void SessionRig::SendOnly(std::string_view bytes) {
  unread_.emplace_back(bytes);
  Pump();
}

void SessionRig::End() {
  end_unread_ = true;
  Pump();
}

void SessionRig::Resume(const Ticket& ticket, Resumption resumption) {
  session.Resume(ticket, resumption, now, turn_);
  Pump();
}

void SessionRig::Expire() {
  ASSERT_NE(session.deadline_ms(), Session::kNoDeadline);
  now.boot_ms = session.deadline_ms();
  session.Expire(now, turn_);
  Pump();
}

void SessionRig::Drain() {
  session.Drain(now);
  Pump();
}

void SessionRig::GoOn() {
  while (const auto ticket = handler.TakeTicket()) Resume(*ticket, Resumption::kRetry);
}

// One step of a connection; false when it waits for something else than the socket.
bool SessionRig::Turn() {
  said_ += std::exchange(turn_, {});
  const bool readable = session.wants_input() && (!unread_.empty() || end_unread_);
  if (session.has_deferred() && !(settle_late && readable)) {
    session.Settle(now, turn_);
  } else if (session.closing()) {
    return false;
  } else if (session.has_more()) {
    session.Continue(now, turn_);
  } else if (!readable) {
    return false;
  } else if (unread_.empty()) {
    end_unread_ = false;
    session.ReceiveEnd(now, turn_);
  } else {
    const std::string piece = std::move(unread_.front());
    unread_.pop_front();
    session.Receive(piece, now, turn_);
  }
  return true;
}

void SessionRig::Pump() {
  for (int turn = 0; Turn(); ++turn) {
    if (turn == kTurnsMax) {
      ADD_FAILURE() << "the session never comes to rest";
      return;
    }
  }
}

std::vector<int> SessionRig::TakeStatuses() {
  Outcome since{.said = Take()};
  since.asked.assign(handler.asked.begin() + static_cast<std::ptrdiff_t>(counted_),
                     handler.asked.end());
  counted_ = handler.asked.size();
  return StatusesOf(since);
}

std::vector<std::string_view> CutAt(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    pieces.push_back(bytes.substr(begin, cut - begin));
    begin = cut;
  }
  pieces.push_back(bytes.substr(begin));
  std::erase_if(pieces, [](std::string_view piece) { return piece.empty(); });
  return pieces;
}

Outcome Converse(const std::vector<std::string_view>& pieces, const HttpLimits& limits,
                 std::size_t pause_every) {
  SessionRig rig(limits);
  rig.handler.pause_every = pause_every;
  for (const std::string_view piece : pieces) rig.Send(piece);
  return rig.outcome();
}

Outcome ConverseAnyhow(std::string_view bytes, const HttpLimits& limits, std::size_t pause_every) {
  const Outcome whole = Converse({bytes}, limits, pause_every);
  std::vector<std::size_t> everywhere;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) everywhere.push_back(cut);
  EXPECT_EQ(whole, Converse(CutAt(bytes, everywhere), limits, pause_every)) << "byte by byte";
  for (const std::size_t cut : everywhere) {
    EXPECT_EQ(whole, Converse(CutAt(bytes, {cut}), limits, pause_every)) << "cut at " << cut;
    if (testing::Test::HasFailure()) break;
  }
  return whole;
}

std::vector<int> StatusesOf(const Outcome& outcome) {
  std::vector<int> statuses;
  std::size_t answered = 0;
  std::string_view rest = outcome.said;
  while (!rest.empty()) {
    const bool to_head = answered < outcome.asked.size() && IsTo(outcome.asked[answered], "HEAD");
    if (rest.starts_with(support::kContinue)) {
      statuses.push_back(100);
      rest.remove_prefix(support::kContinue.size());
      continue;
    }
    // An answer of unknown length goes to the end of the connection.
    const std::string_view head = rest.substr(0, rest.find("\r\n\r\n"));
    if (head.find("Content-Length:") == std::string_view::npos &&
        head.find("Transfer-Encoding:") == std::string_view::npos) {
      statuses.push_back(200);
      break;
    }
    const support::Parsed parsed =
        support::ParseResponse(rest, {.to_head = to_head, .chunks = true});
    if (parsed.progress != support::Progress::kComplete) {
      ADD_FAILURE() << "no whole answer: " << parsed.problem << "\n" << rest;
      break;
    }
    statuses.push_back(parsed.response.status);
    rest.remove_prefix(parsed.size);
    ++answered;
  }
  return statuses;
}

}  // namespace introspectd::http
