// Signatures that others made: RFC 7515 A.2 to A.4, RFC 8037 A.4.
#pragma once

#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/signature.h"
#include "text/base64.h"

namespace introspectd::crypto {

struct Vector {
  SignatureAlgorithm algorithm;
  PublicKey key;
  std::string message;
  std::string signature;
};

inline std::string FromBase64Url(std::string_view in) {
  std::string out(in.size() + 3, '\0');
  const std::ptrdiff_t size = text::DecodeBase64Url(in, out.data());
  CHECK(size >= 0);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

inline constexpr std::string_view kRfc7515Payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";

inline Vector Rs256Vector() {
  return {SignatureAlgorithm::kRs256,
          RsaPublicKey{FromBase64Url("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmf"
                                     "HQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_Yp"
                                     "RPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5r"
                                     "exMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxv"
                                     "b3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q"
                                     "2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
                       FromBase64Url("AQAB")},
          "eyJhbGciOiJSUzI1NiJ9." + std::string(kRfc7515Payload),
          FromBase64Url("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"
                        "0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrn"
                        "byTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi1"
                        "2jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs"
                        "98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")};
}

inline Vector Es256Vector() {
  return {SignatureAlgorithm::kEs256,
          EcPublicKey{Curve::kP256, FromBase64Url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                      FromBase64Url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")},
          "eyJhbGciOiJFUzI1NiJ9." + std::string(kRfc7515Payload),
          FromBase64Url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJ"
                        "qPP3-Kg6NU1Q")};
}

inline Vector Es512Vector() {
  return {SignatureAlgorithm::kEs512,
          EcPublicKey{Curve::kP521,
                      FromBase64Url("AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_"
                                    "NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"),
                      FromBase64Url("ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL"
                                    "4Kkd0AZMaZmh9ubmf63e3kyMj2")},
          "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
          FromBase64Url("AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-"
                        "mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJj"
                        "yqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn")};
}

inline Vector EdDsaVector() {
  return {SignatureAlgorithm::kEdDsa,
          Ed25519PublicKey{FromBase64Url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")},
          "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
          FromBase64Url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sV"
                        "vpAr_MuM0KAg")};
}

}  // namespace introspectd::crypto
