#include "journal/expiry_filter.h"

#include <gtest/gtest.h>
#include <rocksdb/slice.h>

#include <atomic>
#include <memory>
#include <string>

#include "journal/format.h"
#include "token/stored_record.h"

namespace introspectd::journal {
namespace {

constexpr StoreId kId{};

class ExpiryFilterTest : public ::testing::Test {
 protected:
  bool Goes(std::string_view key, std::string_view value, UnixSeconds now) {
    now_->store(now);
    std::string replacement;
    bool changed = false;
    const bool goes = filter_.Filter(0, {key.data(), key.size()}, {value.data(), value.size()},
                                     &replacement, &changed);
    EXPECT_FALSE(changed);
    return goes;
  }

  std::shared_ptr<std::atomic<UnixSeconds>> now_ =
      std::make_shared<std::atomic<UnixSeconds>>(token::kNever);
  ExpiryFilter filter_{now_};
};

std::string StoredRevocation(UnixSeconds end) {
  const token::RecordPtr record = token::Record::Revocation({}, 1);
  record->SetMemory({.known = true, .end = end});
  std::string stored;
  token::StoredRecord::Append(*record, stored);
  return stored;
}

TEST_F(ExpiryFilterTest, ATokenGoesWhenItIsNoLongerRemembered) {
  std::string key;
  TokenKey(TokenDigest::Of("t"), key);
  EXPECT_FALSE(Goes(key, StoredRevocation(1000), 1299));
  EXPECT_TRUE(Goes(key, StoredRevocation(1000), 1300));
}

TEST_F(ExpiryFilterTest, ARuleAndAJtiGoAtTheirEnd) {
  const std::string value = RuleText({.issued_before = 5, .end = 1000, .sequence = 1});
  for (const bool jti : {false, true}) {
    std::string key;
    RuleKey(jti, "key", key);
    EXPECT_FALSE(Goes(key, value, 999));
    EXPECT_TRUE(Goes(key, value, 1000));
  }
}

TEST_F(ExpiryFilterTest, NothingGoesBeforeATimeIsSet) {
  EXPECT_FALSE(Goes("rkey", RuleText({.end = 0}), token::kNever));
  EXPECT_FALSE(Goes("t0123456789abcdef", StoredRevocation(0), token::kNever));
}

TEST_F(ExpiryFilterTest, TheMarkerStays) {
  EXPECT_FALSE(Goes(kMarkerKey, MarkerText(kId, {}), 1'000'000));
}

// Load has to say that it is damaged.
TEST_F(ExpiryFilterTest, WhatIsMalformedStays) {
  EXPECT_FALSE(Goes("rkey", "short", 1'000'000));
  EXPECT_FALSE(Goes("jkey", "", 1'000'000));
  EXPECT_FALSE(Goes("t0123456789abcdef", "short", 1'000'000));
  EXPECT_FALSE(Goes("x", RuleText({.end = 5}), 1'000'000));
  EXPECT_FALSE(Goes("", "", 1'000'000));
}

}  // namespace
}  // namespace introspectd::journal
