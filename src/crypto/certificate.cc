#include "crypto/certificate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "crypto/distinguished_name.h"
#include "crypto/openssl_ptr.h"
#include "text/base64.h"

namespace introspectd::crypto {

namespace {

std::optional<UnixSeconds> SecondsOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

// An IA5String, in which a NUL would be the end of the name for some, and not for others.
bool AppendText(const ASN1_STRING* value, std::vector<std::string>& out) {
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                              static_cast<std::size_t>(ASN1_STRING_length(value)));
  if (text.find('\0') != std::string_view::npos) return false;
  out.emplace_back(text);
  return true;
}

std::string Written(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

bool AppendAddress(const ASN1_STRING* value, std::vector<std::string>& out) {
  const int size = ASN1_STRING_length(value);
  if (size != sizeof(in_addr) && size != sizeof(in6_addr)) return false;
  out.push_back(
      Written(size == sizeof(in_addr) ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value)));
  return true;
}

bool AppendAlternative(const GENERAL_NAME& name, PeerCertificate& out) {
  switch (name.type) {
    case GEN_DNS:
      return AppendText(name.d.dNSName, out.dns_names);
    case GEN_URI:
      return AppendText(name.d.uniformResourceIdentifier, out.uris);
    case GEN_EMAIL:
      return AppendText(name.d.rfc822Name, out.emails);
    case GEN_IPADD:
      return AppendAddress(name.d.iPAddress, out.ip_addresses);
    default:
      return true;  // of a kind that no client is known by
  }
}

bool ReadAlternatives(const X509* certificate, PeerCertificate& out) {
  constexpr int kAbsent = -1;  // others: there are several, or it cannot be read
  int found = 0;
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
  if (names == nullptr) return found == kAbsent;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (!AppendAlternative(*sk_GENERAL_NAME_value(names.get(), i), out)) return false;
  }
  return true;
}

std::optional<PeerCertificate> Read(std::string_view der) {
  const unsigned char* at = Unsigned(der.data());
  const X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr || at != Unsigned(der.data()) + der.size()) return std::nullopt;
  const auto not_before = SecondsOf(X509_get0_notBefore(certificate.get()));
  const auto not_after = SecondsOf(X509_get0_notAfter(certificate.get()));
  auto subject = CanonicalName(*X509_get_subject_name(certificate.get()));
  if (!not_before || !not_after || !subject) return std::nullopt;
  PeerCertificate read{.sha256 = Sha256Of(der),
                       .not_before = *not_before,
                       .not_after = *not_after,
                       .subject_dn = *std::move(subject)};
  if (!ReadAlternatives(certificate.get(), read)) return std::nullopt;
  return read;
}

}  // namespace

// OpenSSL may be at work on a connection: its errors are left as they were.
std::optional<PeerCertificate> ReadPeerCertificate(std::string_view der) {
  ERR_set_mark();
  auto read = Read(der);
  ERR_pop_to_mark();
  return read;
}

std::optional<Sha256> ParseThumbprint(std::string_view base64url) {
  std::array<char, 36> bytes{};
  Sha256 thumbprint{};
  if (base64url.size() != 43 || text::DecodeBase64Url(base64url, bytes.data()) != 32) {
    return std::nullopt;
  }
  std::copy_n(bytes.begin(), thumbprint.size(), thumbprint.begin());
  return thumbprint;
}

std::optional<std::string> CanonicalAddress(std::string_view ipv4_or_ipv6) {
  const std::string text(ipv4_or_ipv6);
  in6_addr address{};  // large enough for either
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), &address) == 1) return Written(family, &address);
  }
  return std::nullopt;
}

}  // namespace introspectd::crypto
