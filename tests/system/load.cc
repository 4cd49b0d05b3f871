#include "system/load.h"

#include <sys/socket.h>

#include <optional>

namespace introspectd::system_test {

using support::Connection;
using support::WireError;

namespace {

constexpr std::size_t kFailuresTold = 10;

// Between two requests nothing comes but the end.
bool HasEnded(const Connection& connection) {
  char byte;
  return recv(connection.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

}  // namespace

void Load::End() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<std::string> Load::failures() {
  const std::lock_guard lock(mutex_);
  return failures_;
}

void Load::Ask(Habit habit) {
  std::optional<Connection> connection;
  while (!stop_) {
    try {
      if (connection && HasEnded(*connection)) connection.reset();
      if (!connection) {
        connection.emplace(connect_());
        connection->SetDeadline(support::seconds(30));
        ++connections_;
      }
    } catch (const WireError& error) {
      asked_ += static_cast<std::uint64_t>(habit.depth);
      Fail(std::string("connecting: ") + error.what(), habit.depth);
      continue;
    }
    const bool again = AskOnce(*connection, habit.depth);
    if (!again || !habit.keep_alive) connection.reset();
    std::this_thread::sleep_for(habit.pause);
  }
}

bool Load::AskOnce(Connection& connection, int depth) {
  std::string requests;
  for (int i = 0; i < depth; ++i) requests += request_;
  asked_ += static_cast<std::uint64_t>(depth);
  bool again = true;
  int answered = 0;
  try {
    connection.Send(requests);
    for (; answered < depth; ++answered) {
      const support::Response response = connection.Read();
      if (response.status != 200 || response.body != answer_) {
        Fail("the answer " + std::to_string(response.status) + " " + response.body, 1);
      }
      again = response.Header("connection") != "close";
    }
  } catch (const WireError& error) {
    Fail(std::string(answered == 0 ? "" : "behind others: ") + error.what(), depth - answered);
    return false;
  }
  return again;
}

void Load::Fail(const std::string& how, int answers) {
  failed_ += static_cast<std::uint64_t>(answers);
  const std::lock_guard lock(mutex_);
  if (failures_.size() < kFailuresTold) failures_.push_back(how);
}

}  // namespace introspectd::system_test
