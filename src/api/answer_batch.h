// Questions whose answers are fetched together, once a turn of the loop, so that the cache misses
// of one overlap with those of the others.
//
// Threads: loop-confined.
// Limits:  what the sessions of one turn ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/client_account.h"
#include "introspectd/introspection.h"
#include "introspectd/store.h"
#include "jose/verdict_cache.h"

namespace introspectd::api {

class AnswerBatch {
 public:
  // Who asks, and when; borrowed.
  struct Asker {
    const Caller* caller = nullptr;
    ClientAccount* account = nullptr;
    Now at{};
  };
  struct Asked {
    TokenDigest token;
    const jose::Verdict* verdict = nullptr;  // of a JWT, borrowed; none: the store alone knows
    std::int64_t leeway_s = 0;
    Asker asker{};
  };

  explicit AnswerBatch(Store::Reader& reader) : reader_(reader) {}  // borrowed

  // Returns what the answer is called.
  std::uint32_t Add(const Asked& asked, std::string_view scope);
  const Asked& asked(std::uint32_t name) const { return questions_[name].asked; }
  std::string_view scope(std::uint32_t name) const;
  bool empty() const { return questions_.empty(); }
  void Clear();

  // The reader is inside. Before the first answer, and before each: they come in their order.
  void Begin() const;
  void PrefetchFor(std::size_t next) const;

 private:
  struct Question {
    Asked asked;
    std::size_t scope_at;  // in scopes_
    std::size_t scope_size;
  };

  void FetchSlots(std::size_t group) const;
  void FetchRecords(std::size_t group) const;

  Store::Reader& reader_;
  std::vector<Question> questions_;
  std::string scopes_;
};

}  // namespace introspectd::api
