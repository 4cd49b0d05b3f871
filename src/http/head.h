// The head of a request, as the gate found it.
//
// Threads: values. Views are borrowed from the bytes of the message.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace introspectd::http {

struct Version {
  int major = 1;
  int minor = 1;
  friend bool operator==(const Version&, const Version&) = default;
};

struct Head {
  std::string_view method;
  std::string_view target;  // origin-form
  Version version;
  std::optional<std::uint64_t> content_length;  // at most kLengthMax, which stands for more, too
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> authorization;
  bool chunked = false;
  bool expects_continue = false;  // Expect: 100-continue, on HTTP/1.1
  bool expects_other = false;
  bool says_close = false;
  bool says_keep_alive = false;
  bool upgrade = false;  // never obeyed; the connection closes behind the answer
  std::size_t header_count = 0;
  std::size_t size = 0;  // of the head, with the empty line

  static constexpr std::uint64_t kLengthMax = UINT64_MAX / 16;

  // The target without its query, which is never read.
  std::string_view path() const { return target.substr(0, target.find('?')); }
  // No parser and no client lives to see the end of such a body.
  bool endless() const { return content_length == kLengthMax; }
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  bool keep_alive() const {
    return !says_close && !upgrade && (version.minor >= 1 || says_keep_alive);
  }
};

// Why a message is not a request that this server answers; after one the connection closes.
enum class Refusal : std::uint8_t {
  kNone,
  kMalformed,      // 400
  kVersion,        // 505
  kHeadTooLarge,   // 431
  kTargetTooLong,  // 414
};

}  // namespace introspectd::http
