// The chunk gate: checks the framing of a chunked body byte by byte before llhttp sees it.
//
// Threads: loop-confined.
// Limits:  16 hexadecimal digits of a size; 256 bytes of chunk extensions in a message; no
// trailers. Source:  RFC 9112 7.1.
#pragma once

#include <cstdint>
#include <string_view>

namespace introspectd::http {

class ChunkGate {
 public:
  enum class Step : std::uint8_t { kNeedMore, kDone, kMalformed };

  void Reset() { *this = ChunkGate(); }

  // Looks at `in` from its front on; `used` is how much of it belongs to this message: all of it,
  // unless kDone, or unless a chunk extension ends in it.
  Step Feed(std::string_view in, std::size_t& used);

  // How many of the last bytes that Feed used are a chunk extension. It means nothing here (RFC
  // 9112 7.1.1), and llhttp, which refuses some that are good, is not shown it.
  std::size_t skipped() const { return skipped_; }

  // How much data of the chunk under way is still to come, as its size line said.
  std::uint64_t announced() const { return state_ == State::kData ? size_ : 0; }

 private:
  enum class State : std::uint8_t {
    kSizeFirst,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kLastCr,
    kLastLf,
    kDone,
  };

  // Where in ;name=value or ;name="value" a chunk extension is.
  enum class Extension : std::uint8_t {
    kNameFirst,
    kName,
    kValueFirst,
    kValue,
    kQuoted,
    kEscaped,
    kQuotedEnd,
  };

  bool Take(char c);
  bool TakeSizeDigit(char c);
  bool TakeExtension(char c);

  static constexpr int kSizeDigitsMax = 16;
  static constexpr int kExtensionBytesMax = 256;

  State state_ = State::kSizeFirst;
  std::uint64_t size_ = 0;
  int digits_ = 0;
  Extension extension_ = Extension::kNameFirst;
  int extension_bytes_ = 0;
  std::size_t skipped_ = 0;
};

}  // namespace introspectd::http
