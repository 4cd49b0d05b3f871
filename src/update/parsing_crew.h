// Threads that parse long feeds, several blocks of lines at a time.
//
// Threads: Submit is the control loop's; `parsed` is called on the crew's threads.
// Limits:  none of its own: feeds bound what they hand out, and keep their blocks; what a feed has
//          taken, or has left behind, is not parsed.
//
// They are nice: whoever answers requests goes first. The control loop itself parses what no thread
// has claimed, so a crew that gets no time holds up one block at most.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "update/line_block.h"
#include "update/parser.h"

namespace introspectd::update {

class ParsingCrew {
 public:
  // `parsed` is called after each block. Where no thread can be had, it does with fewer.
  ParsingCrew(const ParserOptions& options, std::size_t threads, std::function<void()> parsed);
  ~ParsingCrew() { Stop(); }
  ParsingCrew(const ParsingCrew&) = delete;
  ParsingCrew& operator=(const ParsingCrew&) = delete;

  void Submit(const std::shared_ptr<LineBlock>& block);
  // Nothing is parsed, and `parsed` not called, from here on.
  void Stop();

 private:
  void Run();

  const ParserOptions options_;
  const std::function<void()> parsed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::weak_ptr<LineBlock>> waiting_;  // under mutex_; some may be claimed already
  bool over_ = false;                             // under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace introspectd::update
