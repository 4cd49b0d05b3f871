#include "api/answer_batch.h"

#include <algorithm>

namespace introspectd::api {

namespace {

// How many answers' memory is fetched in a row: one by one between the answers, every fetch would
// wait for its page walk, where several of them overlap; what is fetched stays in the cache until
// it is used.
constexpr std::size_t kFetchedTogether = 32;

}  // namespace

std::uint32_t AnswerBatch::Add(const Asked& asked, std::string_view scope) {
  questions_.push_back({asked, scopes_.size(), scope.size()});
  scopes_ += scope;
  return static_cast<std::uint32_t>(questions_.size() - 1);
}

std::string_view AnswerBatch::scope(std::uint32_t name) const {
  const Question& question = questions_[name];
  return std::string_view(scopes_).substr(question.scope_at, question.scope_size);
}

void AnswerBatch::Clear() {
  questions_.clear();
  scopes_.clear();
}

void AnswerBatch::Begin() const {
  FetchSlots(0);
  FetchRecords(0);
  FetchSlots(1);
}

// What the answers behind `next` will need is on its way while `next` is answered.
void AnswerBatch::PrefetchFor(std::size_t next) const {
  if (next % kFetchedTogether != 0) return;
  const std::size_t group = next / kFetchedTogether;
  FetchRecords(group + 1);
  FetchSlots(group + 2);
}

void AnswerBatch::FetchSlots(std::size_t group) const {
  const std::size_t end = std::min((group + 1) * kFetchedTogether, questions_.size());
  for (std::size_t i = group * kFetchedTogether; i < end; ++i) {
    reader_.Prefetch(questions_[i].asked.token);
  }
}

void AnswerBatch::FetchRecords(std::size_t group) const {
  const std::size_t end = std::min((group + 1) * kFetchedTogether, questions_.size());
  for (std::size_t i = group * kFetchedTogether; i < end; ++i) {
    reader_.PrefetchRecord(questions_[i].asked.token);
  }
}

}  // namespace introspectd::api
