// A program for Node that a test talks with, line by line: one of tests/peers.
//
// Threads: one owner, and it must not end before the peer: the peer dies with it.
// Limits:  a line in, a line out, in this order; every wait has a deadline.
#pragma once

#include <signal.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/child.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace introspectd::support {

class Peer {
 public:
  // Runs tests/peers/`script` and returns when it has said its first line; throws, with what it
  // wrote, when that does not happen within 30 s.
  explicit Peer(const std::string& script, const std::vector<std::string>& arguments = {});
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // What it said when it was ready.
  const std::string& greeting() const { return greeting_; }

  // Its line for `line`, both without the newline; throws, with what it wrote, when none comes.
  std::string Ask(std::string_view line, milliseconds longest = seconds(10));

  void Pause() const { child_.Signal(SIGSTOP); }
  void Continue() const { child_.Signal(SIGCONT); }
  void Kill();

  std::string log() const { return ReadFile(directory_.path() / "log"); }

 private:
  std::string ReadLine(milliseconds longest);
  [[noreturn]] void Fail(const std::string& what) const;

  TempDir directory_;
  int theirs_ = -1;
  const int ours_;
  Child child_;
  std::string received_;
  std::string greeting_;
};

// The member `name` of a JSON object; what a string says, or the text of another value. Throws when
// there is none.
std::string MemberOf(std::string_view object, std::string_view name);

}  // namespace introspectd::support
