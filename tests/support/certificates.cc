#include "support/certificates.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/openssl_ptr.h"
#include "text/base64.h"

namespace introspectd::support {

namespace {

using crypto::BioPtr;
using crypto::OpensslPtr;
using crypto::PkeyPtr;
using X509Ptr = OpensslPtr<X509, X509_free>;

void Must(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

PkeyPtr NewKey(KeyKind kind) {
  switch (kind) {
    case KeyKind::kP256:
      return PkeyPtr(EVP_EC_gen("P-256"));
    case KeyKind::kRsa2048:
      return PkeyPtr(EVP_RSA_gen(2048));
    case KeyKind::kRsa1024:
      return PkeyPtr(EVP_RSA_gen(1024));
  }
  throw std::runtime_error("no such key");
}

std::string TextOf(const BioPtr& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
  return TextOf(bio);
}

std::string PemOf(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "writing a key");
  return TextOf(bio);
}

void AddName(X509_NAME* name, const char* type, const std::string& value) {
  if (value.empty()) return;
  Must(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(value.data()),
                                  static_cast<int>(value.size()), -1, 0) == 1,
       "naming a certificate");
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Must(extension != nullptr, "making an extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Without an issuer it is its own.
X509Ptr Make(const CertificateSpec& spec, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  X509Ptr made(X509_new());
  X509* const certificate = made.get();
  X509_set_version(certificate, X509_VERSION_3);
  std::uint64_t serial = 0;
  crypto::RandomBytes({reinterpret_cast<std::uint8_t*>(&serial), sizeof serial});
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), spec.begins_in_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), spec.ends_in_s);
  AddName(X509_get_subject_name(certificate), "O", spec.organization);
  AddName(X509_get_subject_name(certificate), "CN", spec.common_name);
  X509* const by = issuer == nullptr ? certificate : issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(by));
  X509_set_pubkey(certificate, key);
  AddExtension(certificate, by, NID_basic_constraints,
               spec.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (spec.authority) AddExtension(certificate, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate, by, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) AddExtension(certificate, by, NID_authority_key_identifier, "keyid");
  AddExtension(certificate, by, NID_ext_key_usage, spec.usage);
  AddExtension(certificate, by, NID_subject_alt_name, spec.alternatives);
  EVP_PKEY* const signer = issuer_key == nullptr ? key : issuer_key;
  Must(X509_sign(certificate, signer, EVP_sha256()) > 0, "signing a certificate");
  return made;
}

}  // namespace

struct Authority::Impl {
  PkeyPtr key;
  X509Ptr certificate;
};

Authority::Authority(const std::string& common_name) : impl_(std::make_unique<Impl>()) {
  impl_->key = NewKey(KeyKind::kP256);
  impl_->certificate =
      Make({.common_name = common_name, .alternatives = "", .usage = "", .authority = true},
           impl_->key.get(), nullptr, nullptr);
  certificate_ = PemOf(impl_->certificate.get());
}

Authority::~Authority() = default;

Certified Authority::Issue(const CertificateSpec& spec) const {
  const PkeyPtr key = NewKey(spec.key);
  const X509Ptr made = Make(spec, key.get(), impl_->certificate.get(), impl_->key.get());
  return {PemOf(made.get()), PemOf(key.get())};
}

Certified SelfSigned(const CertificateSpec& spec) {
  const PkeyPtr key = NewKey(spec.key);
  const X509Ptr made = Make(spec, key.get(), nullptr, nullptr);
  return {PemOf(made.get()), PemOf(key.get())};
}

CertificateSpec ClientSpec(const std::string& common_name) {
  return {.common_name = common_name, .alternatives = "", .usage = "clientAuth"};
}

std::string ThumbprintOf(const std::string& certificate_pem) {
  const BioPtr bio(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  Must(certificate != nullptr, "reading a certificate");
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  const crypto::Sha256 digest =
      crypto::Sha256Of({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return text::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace introspectd::support
