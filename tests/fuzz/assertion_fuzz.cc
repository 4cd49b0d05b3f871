// Whatever is presented as a client's assertion, signed by the client or by nobody: only what was
// signed is good, and only if it says of whom, for whom, until when, and which it is.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "input.h"
#include "jose/assertion_verifier.h"
#include "jose/minter.h"
#include "json/document.h"

namespace introspectd::jose {
namespace {

using json::Type;
using Outcome = AssertionVerifier::Outcome;

constexpr Now kNow{.wall_us = kMintedAt * kMicrosPerSecond, .boot_ms = 1000};
constexpr std::size_t kBytesMax = 16'384;
constexpr std::string_view kClient = "gateway";

const Minter& Client() {
  static const Minter minter(crypto::SignatureAlgorithm::kEdDsa, "k");
  return minter;
}

std::shared_ptr<const Trust> FixedTrust() {
  Config config;
  config.introspection = {.issuer = std::string(kIssuer)};
  ClientConfig client;
  client.id = kClient;
  client.auth = {AuthMethod::kPrivateKeyJwt};
  client.assertion_algorithms = {"EdDSA"};
  config.clients = {client};
  auto trust = std::make_shared<Trust>();
  trust->issuers = std::make_shared<const Issuers>(std::vector<IssuerConfig>{});
  trust->clients = std::make_shared<const AssertionClients>(config);
  const JwkSet set{.keys = {Client().jwk()}, .ignored = {}};
  trust->keys.push_back(
      {.ring = std::make_shared<KeyRing>(std::make_shared<crypto::Library>(),
                                         trust->clients->all()[0].algorithms, set),
       .asked_us = kNow.wall_us,
       .stale_at_ms = kNow.boot_ms + 1});
  return trust;
}

Outcome Verify(std::string_view assertion, std::optional<std::string_view> client_id) {
  static AssertionVerifier verifier(kBytesMax);
  static const bool ready = (verifier.SetTrust(FixedTrust()), true);
  CHECK(ready);
  const Outcome outcome = verifier.Verify(assertion, client_id, kNow, {});
  CHECK((outcome.judgement == Judgement::kNotOurs) == (outcome.client == nullptr));
  // Of one whose key is not known a refusal says so, too.
  const bool refused = outcome.judgement == Judgement::kBad ||
                       outcome.judgement == Judgement::kKeysWanted ||
                       outcome.judgement == Judgement::kKeysMissing;
  CHECK(refused == (outcome.refusal != Refusal::kNone));
  return outcome;
}

bool Says(const json::Parser& parser, std::string_view name, std::string_view text) {
  const json::Member* const member = json::Find(parser.members(), name);
  return member != nullptr && member->value.type == Type::kString && member->value.string == text;
}

bool IsFor(const json::Parser& parser, std::string_view audience) {
  if (Says(parser, "aud", audience)) return true;
  const json::Member* const aud = json::Find(parser.members(), "aud");
  if (aud == nullptr || aud->value.type != Type::kArray) return false;
  std::vector<json::Value> elements;
  parser.ElementsOf(aud->value, elements);
  return std::ranges::any_of(elements, [&](const json::Value& element) {
    return element.type == Type::kString && element.string == audience;
  });
}

void CheckGood(const Outcome& outcome, std::string_view header, std::string_view claims) {
  static json::Parser parser(kBytesMax, 16);
  CHECK(parser.ParseObject(header) == json::Error::kNone);
  CHECK(Says(parser, "alg", "EdDSA"));
  for (const char* never : {"crit", "zip", "enc"}) {
    CHECK(json::Find(parser.members(), never) == nullptr);
  }
  CHECK(parser.ParseObject(claims) == json::Error::kNone);
  CHECK(Says(parser, "iss", kClient) && Says(parser, "sub", kClient));
  CHECK(Says(parser, "jti", outcome.jti) && !outcome.jti.empty());
  CHECK(IsFor(parser, kIssuer));
  CHECK(outcome.exp > kNow.seconds() && outcome.exp <= kNow.seconds() + kAssertionLifetimeMax_s);
}

void CheckAssertion(fuzz::Input input) {
  const std::vector<std::size_t> cuts = input.TakeCuts(1);
  const std::string_view all = input.rest();
  // Nobody can sign as the client but the client.
  CHECK(Verify(all, std::nullopt).judgement != Judgement::kGood);
  const std::string_view header = all.substr(0, cuts[0]);
  const std::string_view claims = all.substr(cuts[0]);
  const std::string signed_one = Client().Sign(header, claims);
  const Outcome outcome = Verify(signed_one, std::nullopt);
  if (outcome.judgement == Judgement::kGood) CheckGood(outcome, header, claims);
  const bool good = outcome.judgement == Judgement::kGood;
  CHECK((Verify(signed_one, kClient).judgement == Judgement::kGood) == good);
  CHECK(Verify(signed_one, "another").judgement == Judgement::kNotOurs);
}

}  // namespace
}  // namespace introspectd::jose

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::jose::CheckAssertion({data, size});
  return 0;
}
