// Whatever is said to be a JWT: it is judged, alike the second time, and what is good was signed.

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "jose/verifier.h"

namespace introspectd::jose {
namespace {

using Outcome = Verifier::Outcome;

constexpr Now kNow{.wall_us = 1'700'000'060'000'000, .boot_ms = 1000};

// Whose private halves signed the good ones of the corpus, and are gone.
constexpr std::string_view kKeys = R"({"keys":[
{"kty":"RSA","kid":"rsa","n":"iNPrhmeQItCCWPMZoTe5pNv2USAcG6nQkQcuGN3hS0MC6QB8oTIy5tovGtX14DdCZFPA7VJm1tW6LjfFkpgSw98XTlMzmaajqxdJBKGEfiR-G61bnE_uyska-e0RAsZhnnz7RlpRq44Lwc426LWnldVsCfuAqVT3IZPJdhWr5hUZ8fIw3DgLHo18I99Sgdgf48rfa9LKw7JQxfpsHY5CbmMoyRiTpf3fuOPQQT3ZhvZTwoYWR2AT-La-yCKTm8uNfF2Kk8TqJ8dTDGbQ4Vda5SsKGNQDLHnnVxKfXz8in1NOMQLJbDY6ylHyPL-GkCH2hbEI1lv5mvhJFxjAmIUuZw","e":"AQAB"},
{"kty":"EC","kid":"ec","crv":"P-256","x":"iNlISAquOcOm-XKSdqZfCr9tpdyieACQ-ZJErJGNjQ4","y":"clzyd5Eq2A5gfsS1ZI-TAvXJefB9kgilWANf43nRDCE"},
{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"cEGhPoBsZ1B40hlY8XtUiJOq3IN-kl4IA4a08DCA_gg"}
]})";

std::shared_ptr<const Trust> FixedTrust() {
  auto trust = std::make_shared<Trust>();
  trust->issuers = std::make_shared<const Issuers>(std::vector<IssuerConfig>{
      {.issuer = "https://server.example.com/",
       .algorithms = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "EdDSA"},
       .audiences = {"https://api.example/"},
       .types = {"at+jwt", ""}}});
  const auto set = ParseJwkSet(kKeys);
  CHECK(set.ok() && set->keys.size() == 3);
  trust->keys.push_back({.ring = std::make_shared<KeyRing>(std::make_shared<crypto::Library>(),
                                                           trust->issuers->all()[0], *set),
                         .asked_us = kNow.wall_us,
                         .stale_at_ms = kNow.boot_ms + 1});
  return trust;
}

void CheckOutcome(const Outcome& outcome, std::string_view token) {
  CHECK(outcome.digest == TokenDigest::Of(token));
  CHECK((outcome.kind == Outcome::Kind::kGood) == (outcome.verdict != nullptr));
  if (outcome.kind == Outcome::Kind::kBad) CHECK(outcome.refusal != Refusal::kNone);
  if (outcome.verdict == nullptr) return;
  const token::Record& record = *outcome.verdict->record;
  CHECK(record.answer().starts_with(R"({"active":true,)") && record.answer().ends_with('}'));
  CHECK(record.field(token::Field::kIss) == "https://server.example.com/");
  CHECK(record.exp() > kNow.seconds());
}

void CheckToken(std::string_view token) {
  static Verifier verifier({.verdict_bytes_max = 4096});
  static const bool ready = (verifier.SetTrust(FixedTrust(), true), true);
  CHECK(ready);
  const Outcome first = verifier.Verify(token, kNow, {.may_recall = false});
  CheckOutcome(first, token);
  const Outcome again = verifier.Verify(token, kNow, {});
  CheckOutcome(again, token);
  CHECK(again.kind == first.kind && again.refusal == first.refusal);
  verifier.EndTurn();
}

}  // namespace
}  // namespace introspectd::jose

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  introspectd::jose::CheckToken({reinterpret_cast<const char*>(data), size});
  return 0;
}
