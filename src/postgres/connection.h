// A connection to PostgreSQL on the control loop: one question at a time, the others wait.
//
// Threads: the control loop's, but for opening, which is done on a thread of its own: looking up a
//          name, and what TLS and authentication take, would hold the loop up.
// Limits:  a server that says nothing for silence_ms_max while it is asked is given up.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "introspectd/time.h"
#include "net/loop.h"
#include "net/watch.h"

struct pg_conn;
struct pg_result;

namespace introspectd::postgres {

// A row of an answer. Borrowed for the call.
class Row {
 public:
  Row(const pg_result* result, int row) : result_(result), row_(row) {}
  bool null(int column) const;
  std::string_view text(int column) const;
  // A column that is a number in that range.
  template <class Integer>
  Integer number(int column) const;

 private:
  const pg_result* result_;
  int row_;
};

struct Answer {
  bool ok = true;
  std::string error;           // one line
  std::uint64_t affected = 0;  // rows, by the last statement
};

struct Question {
  std::string sql;
  std::vector<std::string> parameters;
  bool script = false;  // several statements, without parameters
  std::function<void(const Row&)> row;
  std::function<void(const Answer&)> done;
};

class Connection {
 public:
  struct Hooks {
    std::function<void()> opened;
    // What was asked and not answered has an unknown outcome. Or it could not be opened.
    std::function<void(std::string_view why)> lost;
    std::function<void()> notified;
  };
  struct Options {
    std::string url;  // as libpq takes it
    std::string name;
    std::int64_t silence_ms_max = 5000;
  };

  Connection(net::Loop& loop, Options options, Hooks hooks);
  ~Connection();

  // Not while it is open, or opening.
  void Open();
  bool open() const { return connection_ != nullptr; }
  bool opening() const { return opener_.joinable(); }
  bool idle() const { return open() && questions_.empty(); }

  // Its callbacks are not called once the connection is lost.
  void Ask(Question question);
  // Rows are not read for now; the server waits.
  void Pause();
  void GoOn();

  // As if it was lost, which is told later.
  void Drop(std::string why);
  // Every 100 ms.
  void Tick(Now now);
  // For good; nothing is called any more.
  void Close();

 private:
  void OnWoken();
  void OnOpened();
  void Send();
  void OnReady();
  void Read();
  void Take(pg_result* result);
  void Finish();
  void WantWhatIsNeeded();
  void Lose(std::string why);

  net::Loop& loop_;
  const Options options_;
  const Hooks hooks_;
  std::thread opener_;
  pg_conn* fresh_ = nullptr;  // the opener's until it has woken the loop
  net::Waker waker_;
  pg_conn* connection_ = nullptr;
  std::unique_ptr<net::Watch> watch_;
  std::deque<Question> questions_;  // the first one was sent
  Answer answer_;
  bool paused_ = false;
  bool reading_ = false;
  bool finishing_ = false;
  std::optional<std::string> drop_;  // in the next turn of the loop at the latest
  std::int64_t heard_ms_ = 0;
  bool closed_ = false;
};

}  // namespace introspectd::postgres
