// A node's control plane, as far as introspect-cli sees it: takes lines, keeps the state that they
// lead to, and fails when it is told to.
//
// Threads: the test's own; requests come one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/program.h"
#include "fetch/http_double.h"
#include "update_line.h"

namespace introspectd::cli {

inline constexpr char kAdminToken[] = "admin-token-of-the-test";

class FakeNode {
 public:
  struct Entry {
    std::int64_t sequence = 0;
    std::string line;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  // What decides what a node answers: the winning upsert of each token, and the revoked ones.
  struct State {
    std::map<std::string, Entry> upserts;  // by digest
    std::set<std::string> revoked;         // digests
    friend bool operator==(const State&, const State&) = default;
  };

  FakeNode();

  const std::string& url() const { return http_.url(); }

  // Called for each POST with its number, from 1; what it returns is the answer, and the lines are
  // not taken.
  using OnPush = std::function<std::optional<fetch::HttpDouble::Response>(int)>;
  void SetOnPush(OnPush on_push) {
    const std::lock_guard lock(mutex_);
    on_push_ = std::move(on_push);
  }

  void SetExport(fetch::HttpDouble::Response answer) {
    const std::lock_guard lock(mutex_);
    export_ = std::move(answer);
  }

  // What came until now.
  struct Seen {
    State state;
    std::vector<std::string> lines;    // in the order of arrival
    std::vector<std::string> targets;  // "POST /v1/tokens"
    std::string bytes;                 // all bodies
    int pushes = 0;
  };
  Seen seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  fetch::HttpDouble::Response Answer(const fetch::HttpDouble::Request& request);
  fetch::HttpDouble::Response Take(const std::string& body);
  std::string Refusal(const std::string& line);

  mutable std::mutex mutex_;  // guards what follows
  OnPush on_push_;
  fetch::HttpDouble::Response export_;
  Seen seen_;
  UpdateLineReader reader_;

  fetch::HttpDouble http_;  // last: its threads use all of the above
};

// Runs introspect-cli with the node's URL and token in its environment.
Ran Ask(const FakeNode& node, const std::vector<std::string>& arguments, RunOptions options = {});

}  // namespace introspectd::cli
