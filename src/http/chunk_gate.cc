#include "http/chunk_gate.h"

#include <algorithm>

#include "text/ascii.h"

namespace introspectd::http {

ChunkGate::Step ChunkGate::Feed(std::string_view in, std::size_t& used) {
  used = 0;
  while (used < in.size()) {
    if (state_ == State::kData) {
      const std::size_t data = std::min<std::uint64_t>(size_, in.size() - used);
      size_ -= data;
      used += data;
      if (size_ == 0) state_ = State::kDataCr;
      continue;
    }
    if (!Take(in[used++])) return Step::kMalformed;
    if (state_ == State::kDone) return Step::kDone;
  }
  return Step::kNeedMore;
}

bool ChunkGate::Take(char c) {
  switch (state_) {
    case State::kSizeFirst:
      size_ = 0;
      digits_ = 0;
      state_ = State::kSize;
      return TakeSizeDigit(c);
    case State::kSize:
      if (c == ';') state_ = State::kExtension;
      if (c == '\r') state_ = State::kSizeLf;
      return state_ != State::kSize || TakeSizeDigit(c);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      return ++extension_bytes_ <= kExtensionBytesMax && (c >= 0x20 || c == '\t') && c != 0x7f;
    case State::kSizeLf:
      state_ = size_ == 0 ? State::kLastCr : State::kData;
      return c == '\n';
    case State::kDataCr:
      state_ = State::kDataLf;
      return c == '\r';
    case State::kDataLf:
      state_ = State::kSizeFirst;
      return c == '\n';
    case State::kLastCr:  // anything else would be a trailer
      state_ = State::kLastLf;
      return c == '\r';
    case State::kLastLf:
      state_ = State::kDone;
      return c == '\n';
    case State::kData:
    case State::kDone:
      return false;
  }
  return false;
}

bool ChunkGate::TakeSizeDigit(char c) {
  const char lower = text::ToLower(c);
  const bool letter = lower >= 'a' && lower <= 'f';
  if (++digits_ > kSizeDigitsMax || (!text::IsDigit(c) && !letter)) return false;
  size_ = size_ << 4 | static_cast<std::uint64_t>(letter ? lower - 'a' + 10 : c - '0');
  return true;
}

}  // namespace introspectd::http
