// What is compared of the certificate of a client that authenticates by TLS.
//
// Threads: values.
// Source:  RFC 8705 2.1 and 2.2; RFC 5280 4.2.1.6; RFC 4514 (how a name is written).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "introspectd/time.h"

namespace introspectd::crypto {

// Of a certificate whose key the peer proved to have.
struct PeerCertificate {
  Sha256 sha256{};  // of the whole certificate (DER): x5t#S256
  bool chain_verified =
      false;  // up to the listener's client_ca, for a TLS client, when it connected
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  std::string subject_dn;  // as distinguished_name.h writes it: "CN=gateway,O=Example,C=NL"
  // Subject alternative names, as they stand there; addresses as inet_ntop writes them.
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> emails;

  bool valid_at(UnixSeconds now) const { return not_before <= now && now <= not_after; }
};

// Reads one certificate (DER). Its chain is for others to verify, and so is its key. Nothing: it is
// no certificate, there is more behind it, or one of the names above cannot be read or has a NUL in
// it, behind which some would not look.
std::optional<PeerCertificate> ReadPeerCertificate(std::string_view der);

// What clients are configured with, as it is compared with the above.
std::optional<Sha256> ParseThumbprint(std::string_view base64url);  // of a certificate
std::optional<std::string> CanonicalAddress(std::string_view ipv4_or_ipv6);

}  // namespace introspectd::crypto
