#include "crypto/ecdsa.h"

#include <algorithm>
#include <string>

#include "crypto/signature.h"

namespace introspectd::crypto {

namespace {

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kLengthOfOneByteFollows = 0x81;
constexpr std::size_t kHeadBytesMax = 3;

// std::string_view compares as unsigned bytes, and so numbers of one length by their value.
bool IsBetweenZeroAnd(std::string_view order, std::string_view number) {
  return number.find_first_not_of('\0') != std::string_view::npos && number < order;
}

std::uint8_t* AppendInteger(std::string_view number, std::uint8_t* to) {
  number.remove_prefix(number.find_first_not_of('\0'));
  const bool looks_negative = (static_cast<std::uint8_t>(number.front()) & 0x80) != 0;
  *to++ = kInteger;
  *to++ = static_cast<std::uint8_t>(number.size() + (looks_negative ? 1 : 0));
  if (looks_negative) *to++ = 0;
  return std::copy(number.begin(), number.end(), to);
}

// `number` = `order` - `number`.
void NegateModulo(std::string_view order, std::span<char> number) {
  int borrow = 0;
  for (std::size_t i = number.size(); i-- > 0;) {
    const int difference =
        static_cast<unsigned char>(order[i]) - static_cast<unsigned char>(number[i]) - borrow;
    borrow = difference < 0 ? 1 : 0;
    number[i] = static_cast<char>(difference + 256 * borrow);
  }
}

}  // namespace

bool IsEcdsaSignature(const CurveTraits& curve, std::string_view raw) {
  return raw.size() == 2 * curve.field_bytes &&
         IsBetweenZeroAnd(curve.order, raw.substr(0, curve.field_bytes)) &&
         IsBetweenZeroAnd(curve.order, raw.substr(curve.field_bytes));
}

std::span<const std::uint8_t> EncodeEcdsaDer(const CurveTraits& curve, std::string_view raw,
                                             EcdsaDer& out) {
  // The head goes before the numbers, and is known after them.
  std::uint8_t* const numbers = out.data() + kHeadBytesMax;
  std::uint8_t* end = AppendInteger(raw.substr(0, curve.field_bytes), numbers);
  end = AppendInteger(raw.substr(curve.field_bytes), end);
  const auto length = static_cast<std::uint8_t>(end - numbers);
  std::uint8_t* begin = numbers;
  *--begin = length;
  if (length >= 0x80) *--begin = kLengthOfOneByteFollows;
  *--begin = kSequence;
  return {begin, end};
}

bool TwinOf(SignatureAlgorithm algorithm, std::string_view signature, std::string& twin) {
  const AlgorithmTraits& traits = TraitsOf(algorithm);
  if (traits.scheme != Scheme::kEcdsa) return false;
  const CurveTraits& curve = TraitsOf(traits.curve);
  if (!IsEcdsaSignature(curve, signature)) return false;
  twin = signature;
  NegateModulo(curve.order, std::span(twin).subspan(curve.field_bytes));
  return true;
}

}  // namespace introspectd::crypto
