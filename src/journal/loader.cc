#include "journal/loader.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <utility>

#include "journal/format.h"
#include "token/stored_record.h"

namespace introspectd::journal {

namespace {

constexpr std::size_t kTogether = 1000;
// Ranges are many and small: more would read into the next one.
constexpr std::size_t kReadAheadBytes = std::size_t{256} << 10;
// One for each first byte of a digest, one for revoked jtis, one for rules.
constexpr int kDigestRanges = 256;
constexpr int kRanges = kDigestRanges + 2;

struct Range {
  std::string begin;  // included
  std::string end;    // not included
};

Range WithPrefix(char prefix) { return {std::string(1, prefix), std::string(1, prefix + 1)}; }

Range RangeOf(int i) {
  if (i >= kDigestRanges) return WithPrefix(i == kDigestRanges ? kJtiPrefix : kRulePrefix);
  Range range = WithPrefix(kTokenPrefix);
  range.begin += static_cast<char>(i);
  if (i + 1 < kDigestRanges) range.end = {kTokenPrefix, static_cast<char>(i + 1)};
  return range;
}

}  // namespace

Loader::Loader(rocksdb::DB& db, UnixSeconds now, Take take, Done done)
    : db_(db), now_(now), take_(std::move(take)), done_(std::move(done)) {}

void Loader::Start() {
  running_ = std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = running_; i > 0; --i) threads_.emplace_back([this] { Run(); });
}

void Loader::Stop() {
  stopped_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Loader::Run() {
  for (int range; !stopped_ && (range = next_range_++) < kRanges;) {
    if (absl::Status read = Read(range); !read.ok()) Fail(std::move(read));
  }
  if (--running_ > 0) return;
  const std::lock_guard lock(mutex_);
  if (!stopped_ || !status_.ok()) done_(status_);
}

void Loader::Fail(absl::Status status) {
  const std::lock_guard lock(mutex_);
  status_.Update(std::move(status));
  stopped_ = true;
}

absl::Status Loader::Read(int range) {
  const auto [begin, end] = RangeOf(range);
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  options.readahead_size = kReadAheadBytes;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> entry(db_.NewIterator(options));
  Kept kept;
  for (entry->Seek(begin); entry->Valid() && !stopped_; entry->Next()) {
    if (!KeepEntry(entry->key().ToStringView(), entry->value().ToStringView(), kept)) {
      return absl::DataLossError(db_.GetName() + ": an entry is malformed");
    }
    if (kept.records.size() + kept.rules.size() < kTogether) continue;
    if (!take_(std::exchange(kept, {}))) stopped_ = true;
  }
  if (!entry->status().ok())
    return absl::DataLossError(db_.GetName() + ": " + entry->status().ToString());
  if (!stopped_ && !take_(std::move(kept))) stopped_ = true;
  return absl::OkStatus();
}

bool Loader::KeepEntry(std::string_view key, std::string_view value, Kept& kept) const {
  if (key.starts_with(kTokenPrefix)) {
    const auto digest = DigestOfKey(key);
    token::RecordPtr record = digest ? token::StoredRecord::Read(*digest, value) : nullptr;
    if (record == nullptr) return false;
    if (record->Remembered(now_)) kept.records.push_back(std::move(record));
    return true;
  }
  const auto rule = ReadRule(value);
  if (!rule || (key[0] != kJtiPrefix && key[0] != kRulePrefix)) return false;
  if (now_ < rule->end) {
    kept.rules.push_back({key[0] == kJtiPrefix, std::string(key.substr(1)), *rule});
  }
  return true;
}

}  // namespace introspectd::journal
