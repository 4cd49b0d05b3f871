#include "http/chunk_gate.h"

#include <algorithm>

#include "http/chars.h"
#include "text/ascii.h"

namespace introspectd::http {

ChunkGate::Step ChunkGate::Feed(std::string_view in, std::size_t& used) {
  used = 0;
  skipped_ = 0;
  while (used < in.size()) {
    if (skipped_ > 0 && in[used] == '\r') break;
    if (state_ == State::kData) {
      const std::size_t data = std::min<std::uint64_t>(size_, in.size() - used);
      size_ -= data;
      used += data;
      if (size_ == 0) state_ = State::kDataCr;
      continue;
    }
    if (!Take(in[used++])) return Step::kMalformed;
    if (state_ == State::kExtension) ++skipped_;
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
      if (c == ';') {
        state_ = State::kExtension;
        extension_ = Extension::kNameFirst;
      }
      if (c == '\r') state_ = State::kSizeLf;
      return state_ != State::kSize || TakeSizeDigit(c);
    case State::kExtension:
      return TakeExtension(c);
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

// Without the white space that is only there for bad senders (BWS).
bool ChunkGate::TakeExtension(char c) {
  const bool whole = extension_ == Extension::kName || extension_ == Extension::kValue ||
                     extension_ == Extension::kQuotedEnd;
  if (whole && c == '\r') {
    state_ = State::kSizeLf;
    return true;
  }
  if (++extension_bytes_ > kExtensionBytesMax) return false;
  if (whole && c == ';') {
    extension_ = Extension::kNameFirst;
    return true;
  }
  switch (extension_) {
    case Extension::kName:
      if (c == '=') {
        extension_ = Extension::kValueFirst;
        return true;
      }
      return IsTokenChar(c);
    case Extension::kNameFirst:
      extension_ = Extension::kName;
      return IsTokenChar(c);
    case Extension::kValueFirst:
      extension_ = c == '"' ? Extension::kQuoted : Extension::kValue;
      return c == '"' || IsTokenChar(c);
    case Extension::kValue:
      return IsTokenChar(c);
    case Extension::kQuoted:
      if (c == '"') extension_ = Extension::kQuotedEnd;
      if (c == '\\') extension_ = Extension::kEscaped;
      return IsText(c);
    case Extension::kEscaped:
      extension_ = Extension::kQuoted;
      return IsText(c);
    case Extension::kQuotedEnd:
      return false;
  }
  return false;
}

}  // namespace introspectd::http
