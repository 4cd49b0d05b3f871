// Says why a token is active or not: for operators, who may know what callers of the endpoint must
// not (contract 6).
//
// Threads: the control loop's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/registry.h"
#include "introspectd/config.h"
#include "introspectd/store.h"
#include "introspectd/time.h"
#include "introspectd/token.h"
#include "jose/verifier.h"
#include "text/json_writer.h"

namespace introspectd::api {

class Explainer {
 public:
  struct Question {
    std::string_view token;                  // or, when it is empty,
    std::optional<TokenDigest> digest;       // which no JWT is judged by
    const client::Client* client = nullptr;  // who asks; none: whether anybody may know it
  };

  Explainer(const Config& config, Store& store);  // borrowed

  void SetTrust(std::shared_ptr<const jose::Trust> trust) {
    verifier_.SetTrust(std::move(trust), true);
  }

  void SetTokenBytesMax(std::size_t bytes_max) { verifier_.SetTokenBytesMax(bytes_max); }

  // One JSON object; nothing of the token itself is in it but its digest. Fetches no keys.
  std::string Explain(const Question& question, Now now);

 private:
  jose::Verifier::Outcome Verify(const Question& question, Now now);
  Store::Finding Find(const jose::Verifier::Outcome& outcome, Now now);
  std::string ReasonOf(const jose::Verifier::Outcome& outcome, const Store::Finding& found,
                       const client::Client* client) const;
  void Describe(const jose::Verifier::Outcome& outcome, const Store::Finding& found,
                text::JsonWriter& json) const;
  const jose::Issuer& IssuerOf(const jose::Verifier::Outcome& outcome) const;

  Store::Reader reader_;
  jose::Verifier verifier_;
};

}  // namespace introspectd::api
