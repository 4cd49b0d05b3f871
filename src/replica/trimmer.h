// Takes rows out of the log in which nothing can be alive any more.
//
// The time that a row says it ends at is what was known when it was written. A later upsert may
// have made its tokens, or the memory of their revocations, live longer; without the row, a node
// that is new would then see an older one win. So each line is compared with the store, which
// knows; where something is still remembered, the row's end is put off.
//
// Threads: the control loop's.
// Limits:  one node of a log at a time (an advisory lock of the session), 50 rows at once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "replica/log_row.h"
#include "replica/sql.h"
#include "token/writer.h"
#include "update/parser.h"

namespace introspectd::replica {

class Trimmer {
 public:
  struct Hooks {
    std::function<bool()> may_trim;  // the store knows all there is, and what time it is
    std::function<Now()> now;
  };

  // All borrowed.
  Trimmer(net::Loop& loop, std::string url, const token::Writer& store, update::Parser& parser,
          Hooks hooks);

  void Start();
  void Tick(Now now);
  void Close();
  std::uint64_t rows_trimmed() const { return rows_trimmed_; }

 private:
  void Look();
  void Judge(const LogRow& row);
  void PutOff();
  void Delete();
  UnixSeconds NeededUntil(std::string_view lines) const;
  UnixSeconds NeededUntil(const token::Update& update) const;

  const token::Writer& store_;
  update::Parser& parser_;
  const Hooks hooks_;
  Connection connection_;
  std::vector<std::string> over_;
  std::vector<std::string> needed_;
  std::vector<std::string> needed_until_;
  std::uint64_t rows_trimmed_ = 0;
  std::int64_t next_ms_ = 0;
  bool started_ = false;
};

}  // namespace introspectd::replica
