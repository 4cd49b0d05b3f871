// OpenSSL's objects of this room, each with its owner. For this room only.
#pragma once

#include <openssl/ssl.h>

#include "crypto/openssl_ptr.h"

namespace introspectd::tls {

using crypto::BioPtr;
using crypto::OpensslPtr;
using SslCtxPtr = OpensslPtr<SSL_CTX, SSL_CTX_free>;
using SslPtr = OpensslPtr<SSL, SSL_free>;
using BioMethodPtr = OpensslPtr<BIO_METHOD, BIO_meth_free>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using CipherPtr = OpensslPtr<EVP_CIPHER, EVP_CIPHER_free>;

}  // namespace introspectd::tls
