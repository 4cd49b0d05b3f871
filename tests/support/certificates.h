// Certificates and keys that tests make for themselves, as PEM.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace introspectd::support {

enum class KeyKind : std::uint8_t { kP256, kRsa2048, kRsa1024 };

// What a certificate says.
struct CertificateSpec {
  std::string common_name = "localhost";
  std::string organization = "";
  std::string alternatives = "DNS:localhost,IP:127.0.0.1";  // as openssl.cnf has them; "": none
  std::string usage = "serverAuth";                         // extendedKeyUsage; "": any
  std::int64_t begins_in_s = -60;
  std::int64_t ends_in_s = 3600;
  bool authority = false;
  KeyKind key = KeyKind::kP256;
};

struct Certified {
  std::string certificate;
  std::string key;
};

// Issues certificates; another one of the same name is another one.
class Authority {
 public:
  explicit Authority(const std::string& common_name = "Test CA");
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  const std::string& certificate() const { return certificate_; }
  Certified Issue(const CertificateSpec& spec = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string certificate_;
};

Certified SelfSigned(const CertificateSpec& spec = {});

// For `auth = ["tls_client_auth"]` and the like.
CertificateSpec ClientSpec(const std::string& common_name);

// base64url of SHA-256 of the certificate, as x5t#S256 has it.
std::string ThumbprintOf(const std::string& certificate_pem);

}  // namespace introspectd::support
