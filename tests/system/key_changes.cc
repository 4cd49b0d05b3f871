#include "system/key_changes.h"

#include <algorithm>

#include "fmt/format.h"
#include "support/wait_until.h"

namespace introspectd::system_test {

using support::milliseconds;
using support::seconds;
using support::WaitUntil;

namespace {

constexpr unsigned kAskers = 4;
constexpr std::size_t kWatched = 30;  // older ones are asked about again when a round is over
constexpr std::size_t kWrongMax = 20;

}  // namespace

bool KeyChanges::Start() {
  Token& first = Issue();
  const bool active = WaitUntil([&] { return Asked(first) == Verdict::kActive; }, seconds(10));
  for (unsigned i = 0; i < kAskers; ++i) askers_.emplace_back([this, i] { Run(i); });
  return active;
}

void KeyChanges::Finish() {
  ended_ = true;
  askers_.clear();
  for (const Token& token : tokens_) {
    const Verdict verdict = Asked(token);
    if (verdict != (token.published ? Verdict::kActive : Verdict::kInactive)) {
      Wrong(token, "is not what it must be at the end");
    }
  }
}

void KeyChanges::Run(unsigned seed) try {
  std::mt19937 random(seed);
  std::unordered_map<const Token*, Heard> heard;
  Connection connection = node_.Connect();
  while (!ended_) {
    const Token* token = SomeToken(random);
    AskAbout(connection, *token, heard[token]);
  }
} catch (const std::exception& error) {
  const std::lock_guard lock(mutex_);
  wrong_.push_back(error.what());
}

const KeyChanges::Token* KeyChanges::SomeToken(std::mt19937& random) {
  const std::lock_guard lock(mutex_);
  const std::size_t watched = std::min(tokens_.size(), kWatched);
  return &tokens_[tokens_.size() - 1 - random() % watched];
}

void KeyChanges::AskAbout(Connection& connection, const Token& token, Heard& heard) {
  const bool before = token.published;
  const Verdict verdict = Judge(connection, token.text);
  const bool good = before && token.published;
  ++asked_;
  if (verdict == Verdict::kWrong) Wrong(token, "got an answer that is none");
  if (verdict == Verdict::kNotNow) {
    ++not_now_;
    if (good && heard.active) Wrong(token, "is 503 after it was active, its key published");
  }
  if (verdict == Verdict::kInactive) {
    if (good) Wrong(token, "is inactive, its key published");
    heard.inactive = true;
  }
  if (verdict == Verdict::kActive) {
    if (heard.inactive) Wrong(token, "is active again");
    heard.active = true;
  }
}

void KeyChanges::Wrong(const Token& token, std::string_view what) {
  const std::lock_guard lock(mutex_);
  if (wrong_.size() < kWrongMax) wrong_.push_back(fmt::format("token {} {}", token.number, what));
}

bool KeyChanges::AllRight() {
  const std::lock_guard lock(mutex_);
  return wrong_.empty();
}

KeyChanges::Token& KeyChanges::Issue() {
  std::string text = issuer_.AccessToken();
  const std::lock_guard lock(mutex_);
  return tokens_.emplace_back(static_cast<int>(tokens_.size()), key_, std::move(text));
}

void KeyChanges::TakeAwayBefore(int first) {
  const std::lock_guard lock(mutex_);
  for (Token& token : tokens_) {
    if (token.key < first) token.published = false;
  }
}

Verdict KeyChanges::Asked(const Token& token) const {
  Connection connection = node_.Connect();
  return Judge(connection, token.text);
}

void KeyChanges::Round(int number) {
  // Within a cooldown and after it.
  std::this_thread::sleep_for(milliseconds(pauses_() % 1500));
  switch (number % 3) {
    case 0:
      TakeAwayBefore(++key_);
      issuer_.Rotate();
      break;
    case 1:
      ++key_;
      issuer_.Add();
      break;
    default:
      TakeAwayBefore(key_);
      issuer_.Drop();
  }
  Settle(Issue());
  Issue();  // with a key that is known by now
}

void KeyChanges::Settle(const Token& newest) {
  if (!WaitUntil([&] { return Asked(newest) == Verdict::kActive; }, seconds(5))) {
    Wrong(newest, "does not become active");
  }
  for (const Token& token : tokens_) {
    const auto ends = [&] {
      // A kid that is not known is what makes a node look again.
      const std::string kid = fmt::format("unknown-{}", ++unknown_kids_);
      Connection connection = node_.Connect();
      Judge(connection, TokenOfUnknownKey(issuer_.issuer(), kid));
      return Asked(token) == Verdict::kInactive;
    };
    if (!token.published && !WaitUntil(ends, seconds(10))) {
      return Wrong(token, "stays active without its key");
    }
  }
}

}  // namespace introspectd::system_test
