// Which certificates prove a client.
//
// Threads: immutable.
// Cost:    Admits: no allocation.
// Source:  RFC 8705 2.1 and 2.2. All that is compared is compared byte for byte: a name with a
//          wildcard is a name, and DNS names are not folded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "introspectd/config.h"
#include "introspectd/time.h"

namespace introspectd::client {

class CertificateRule {
 public:
  // Of a client without a TLS method: it admits nothing. `config` was checked: what it names can be
  // read, and is there.
  explicit CertificateRule(const ClientConfig& config);

  // To be asked at every request: a connection may outlive the certificate that it began with.
  bool Admits(const crypto::PeerCertificate& certificate, UnixSeconds now) const;

 private:
  enum class Kind : std::uint8_t { kNothing, kSubject, kDns, kUri, kIp, kEmail, kDigests };

  bool Matches(const crypto::PeerCertificate& certificate) const;

  Kind kind_ = Kind::kNothing;
  std::string name_;
  std::vector<crypto::Sha256> digests_;  // kDigests
};

}  // namespace introspectd::client
