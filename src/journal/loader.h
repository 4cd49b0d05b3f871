// Reads the whole database, on a thread for each processor.
//
// Threads: Start and Stop are the owner's; `take` and `done` are called on the loader's threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "introspectd/time.h"
#include "token/writer.h"

namespace rocksdb {
class DB;
}

namespace introspectd::journal {

// Some of what was kept.
struct Kept {
  struct Rule {
    bool jti;
    std::string key;
    token::RuleValue value;
  };
  std::vector<token::RecordPtr> records;
  std::vector<Rule> rules;
};

class Loader {
 public:
  // Called on several threads at once; it may block to slow them down, and false ends the load.
  using Take = std::function<bool(Kept)>;
  // Called once, when nothing will be taken any more; not when `take` or Stop ended the load.
  using Done = std::function<void(absl::Status)>;

  // `db` is borrowed until Stop. What is over by `now` is passed over.
  Loader(rocksdb::DB& db, UnixSeconds now, Take take, Done done);
  ~Loader() { Stop(); }

  void Start();
  void Stop();  // at once; joins

 private:
  void Run();
  absl::Status Read(int range);
  bool KeepEntry(std::string_view key, std::string_view value, Kept& kept) const;
  void Fail(absl::Status status);

  rocksdb::DB& db_;
  const UnixSeconds now_;
  const Take take_;
  const Done done_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopped_{false};
  std::atomic<int> next_range_{0};
  std::atomic<std::size_t> running_{0};
  std::mutex mutex_;
  absl::Status status_;  // under mutex_; of the first that failed
};

}  // namespace introspectd::journal
