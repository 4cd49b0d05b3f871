// application/x-www-form-urlencoded (RFC 6749 appendix B), strict about percent-escapes.
//
// Threads: immutable functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace introspectd::text {

// Walks the parameters of a body in order; names and values still encoded, borrowed from the body.
// Empty parts ("&&") are passed over.
class FormReader {
 public:
  struct Parameter {
    std::string_view name;
    std::string_view value;
  };

  explicit FormReader(std::string_view body) : rest_(body) {}
  std::optional<Parameter> Next();

 private:
  std::string_view rest_;
};

// Appends the decoded `in` to `out`. False when a percent-escape is broken; `out` is then of no
// use. Allocates only when `out` must grow.
[[nodiscard]] bool DecodeForm(std::string_view in, std::string& out);

// True when decoding would change `in`.
bool NeedsFormDecoding(std::string_view in);

std::string EncodeForm(std::string_view in);

}  // namespace introspectd::text
