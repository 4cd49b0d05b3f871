#include "client/certificate_rule.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "crypto/distinguished_name.h"

namespace introspectd::client {

namespace {

bool Has(const ClientConfig& config, AuthMethod method) {
  return std::ranges::find(config.auth, method) != config.auth.end();
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

CertificateRule::CertificateRule(const ClientConfig& config) {
  if (Has(config, AuthMethod::kSelfSignedTlsClientAuth)) {
    kind_ = Kind::kDigests;
    for (const std::string& text : config.tls_certificates_sha256) {
      const auto digest = crypto::ParseThumbprint(text);
      CHECK(digest.has_value());
      digests_.push_back(*digest);
    }
  } else if (!Has(config, AuthMethod::kTlsClientAuth)) {
    return;
  } else if (!config.tls_subject_dn.empty()) {
    const auto name = crypto::CanonicalName(config.tls_subject_dn);
    CHECK(name.ok());
    kind_ = Kind::kSubject;
    name_ = *name;
  } else if (!config.tls_san_ip.empty()) {
    const auto address = crypto::CanonicalAddress(config.tls_san_ip);
    CHECK(address.has_value());
    kind_ = Kind::kIp;
    name_ = *address;
  } else {
    kind_ = !config.tls_san_dns.empty()   ? Kind::kDns
            : !config.tls_san_uri.empty() ? Kind::kUri
                                          : Kind::kEmail;
    name_ = config.tls_san_dns + config.tls_san_uri + config.tls_san_email;
    CHECK(!name_.empty());
  }
}

bool CertificateRule::Admits(const crypto::PeerCertificate& certificate, UnixSeconds now) const {
  const bool trusted = certificate.chain_verified || kind_ == Kind::kDigests;
  return trusted && certificate.valid_at(now) && Matches(certificate);
}

bool CertificateRule::Matches(const crypto::PeerCertificate& certificate) const {
  switch (kind_) {
    case Kind::kNothing:
      return false;
    case Kind::kSubject:
      return certificate.subject_dn == name_;
    case Kind::kDns:
      return Contains(certificate.dns_names, name_);
    case Kind::kUri:
      return Contains(certificate.uris, name_);
    case Kind::kIp:
      return Contains(certificate.ip_addresses, name_);
    case Kind::kEmail:
      return Contains(certificate.emails, name_);
    case Kind::kDigests:
      return std::ranges::find(digests_, certificate.sha256) != digests_.end();
  }
  CHECK(false);
}

}  // namespace introspectd::client
