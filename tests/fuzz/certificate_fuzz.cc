// Whatever a client shows as its certificate, and whatever stands in a configuration as its name:
// it is read or it is not; what is read can be compared; and a name that was read from either is
// written in the one way.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/distinguished_name.h"

namespace introspectd::crypto {
namespace {

void CheckTexts(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) CHECK(text.find('\0') == std::string::npos);
}

// Whoever copies the name from a log into a configuration means the same certificate.
void CheckName(const std::string& name) {
  CHECK(std::ranges::none_of(name, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
  if (name.empty()) return;  // of a certificate without a subject, which no configuration can name
  const auto again = CanonicalName(name);
  CHECK(again.ok() && *again == name);
}

void CheckCertificate(std::string_view der) {
  const auto read = ReadPeerCertificate(der);
  if (!read) return;
  CHECK(read->sha256 == Sha256Of(der));
  CHECK(!read->chain_verified);
  CheckName(read->subject_dn);
  CheckTexts(read->dns_names);
  CheckTexts(read->uris);
  CheckTexts(read->emails);
  CheckTexts(read->ip_addresses);
  CHECK(!ReadPeerCertificate(std::string(der) + '\0'));
}

}  // namespace
}  // namespace introspectd::crypto

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  introspectd::crypto::CheckCertificate(bytes);
  const auto name = introspectd::crypto::CanonicalName(bytes);
  if (name.ok()) introspectd::crypto::CheckName(*name);
  return 0;
}
