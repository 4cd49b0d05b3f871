#include "client/used_assertions.h"

#include <algorithm>

namespace introspectd::client {

namespace {

constexpr std::size_t kSweptAtOnce = 10'000;  // a millisecond or so

}  // namespace

AssertionName NameOfAssertion(const crypto::ProcessKey& key, std::string_view client,
                              std::string_view jti) {
  const crypto::Sha256 digest = crypto::KeyedDigest(key, client, jti);
  AssertionName name;
  std::copy_n(digest.begin(), name.size(), name.begin());
  return name;
}

Use UsedAssertions::Take(const AssertionName& name, UnixSeconds exp, UnixSeconds now) {
  if (exp <= now) return Use::kAgain;  // it was good when the worker looked; it may be swept by now
  const auto found = exp_of_.find(name);
  if (found != exp_of_.end() && found->second > now) return Use::kAgain;
  if (found == exp_of_.end() && exp_of_.size() >= max_) return Use::kFull;
  exp_of_.insert_or_assign(name, exp);
  ends_[exp].push_back(name);
  return Use::kFirst;
}

void UsedAssertions::Sweep(UnixSeconds now) {
  std::size_t left = kSweptAtOnce;
  while (left > 0 && !ends_.empty() && ends_.begin()->first <= now) {
    auto& [exp, names] = *ends_.begin();
    for (; left > 0 && !names.empty(); --left) {
      const auto found = exp_of_.find(names.back());
      // The same name may have been used anew since.
      if (found != exp_of_.end() && found->second == exp) exp_of_.erase(found);
      names.pop_back();
    }
    if (names.empty()) ends_.erase(ends_.begin());
  }
}

std::size_t UsedAssertions::bytes() const {
  return exp_of_.capacity() * (sizeof(ByName::value_type) + 1) +
         exp_of_.size() * sizeof(AssertionName);
}

}  // namespace introspectd::client
