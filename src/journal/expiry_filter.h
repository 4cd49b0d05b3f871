// Lets entries that are over go when the database compacts its files.
//
// Threads: the database's; the time is set by another.
#pragma once

#include <rocksdb/compaction_filter.h>

#include <atomic>
#include <memory>

#include "introspectd/time.h"

namespace introspectd::journal {

using Expiry = std::shared_ptr<const std::atomic<UnixSeconds>>;  // token::kNever: nothing goes

class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  explicit ExpiryFilter(Expiry expiry) : expiry_(std::move(expiry)) {}
  const char* Name() const override { return "introspectd.expiry"; }
  bool Filter(int level, const rocksdb::Slice& key, const rocksdb::Slice& value,
              std::string* replacement, bool* changed) const override;

 private:
  Expiry expiry_;
};

}  // namespace introspectd::journal
