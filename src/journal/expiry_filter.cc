#include "journal/expiry_filter.h"

#include <rocksdb/slice.h>

#include "journal/format.h"
#include "token/stored_record.h"

namespace introspectd::journal {

namespace {

// False for what cannot be read: it stays, and Load says that it is damaged.
bool IsOver(std::string_view key, std::string_view value, UnixSeconds now) {
  if (key.starts_with(kTokenPrefix)) {
    const UnixSeconds end = token::StoredRecord::EndOf(value);
    return end != token::kNever && now >= end + token::Record::kRememberedAfterEnd_s;
  }
  if (key.starts_with(kJtiPrefix) || key.starts_with(kRulePrefix)) {
    const auto rule = ReadRule(value);
    return rule && now >= rule->end;
  }
  if (key.starts_with(kNotePrefix)) return now >= EndOfNote(value);
  return false;
}

}  // namespace

bool ExpiryFilter::Filter(int /*level*/, const rocksdb::Slice& key, const rocksdb::Slice& value,
                          std::string* /*replacement*/, bool* /*changed*/) const {
  const UnixSeconds now = expiry_->load(std::memory_order_relaxed);
  return now != token::kNever && IsOver(key.ToStringView(), value.ToStringView(), now);
}

}  // namespace introspectd::journal
