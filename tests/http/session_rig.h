// A session, driven as server::Connection drives it, and what came of that.
//
// Threads: one.
#pragma once

#include <deque>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "http/scripted_handler.h"
#include "http/session.h"

namespace introspectd::http {

// Small, and no two alike, so that a mix-up shows.
HttpLimits SmallLimits();

// What the client and the handler have seen of a connection.
struct Outcome {
  std::string said;
  std::vector<std::string> asked;
  bool closing = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome);
};

class SessionRig {
 public:
  explicit SessionRig(const HttpLimits& limits = SmallLimits());

  // Bytes from the client, read once the session wants them; what waits is resumed at once.
  void Send(std::string_view bytes);
  // The same, but nothing that waits is resumed.
  void SendOnly(std::string_view bytes);
  void End();
  void Resume(const Ticket& ticket, Resumption resumption);
  void Expire();  // at the session's deadline, which must not be one that never comes
  void Drain();
  // Resumes what waits until nothing does.
  void GoOn();

  // What was said since the last call.
  std::string Take() { return std::exchange(said_, {}); }
  // Statuses of the answers in what was said since the last call; 100 among them.
  std::vector<int> TakeStatuses();
  Outcome outcome() const { return {said_, handler.asked, session.closing()}; }
  void Pass(std::int64_t ms) { now.boot_ms += ms; }

  const HttpLimits limits;
  Now now{.wall_us = 1'700'000'000'000'000, .boot_ms = 50'000};
  ScriptedHandler handler;
  DateCache date;
  Session session;
  bool settle_late = false;  // deferred answers only when there is nothing more to read

 private:
  bool Turn();
  void Pump();

  std::deque<std::string> unread_;
  bool end_unread_ = false;
  std::string turn_;  // the output of one call
  std::string said_;
  std::size_t counted_ = 0;  // of the handler's asked, by TakeStatuses
};

// Cut before each of `cuts`, which ascend.
std::vector<std::string_view> CutAt(std::string_view bytes, const std::vector<std::size_t>& cuts);

// A whole conversation on a new connection; what waits is resumed at once.
Outcome Converse(const std::vector<std::string_view>& pieces,
                 const HttpLimits& limits = SmallLimits(), std::size_t pause_every = 0);

// Whole, byte by byte, and at every cut in two: the outcome must be the same. Returns it.
Outcome ConverseAnyhow(std::string_view bytes, const HttpLimits& limits = SmallLimits(),
                       std::size_t pause_every = 0);

// The statuses of `said`, given what was asked; adds a failure when it is no row of answers.
std::vector<int> StatusesOf(const Outcome& outcome);

}  // namespace introspectd::http
