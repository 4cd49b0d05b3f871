// A packed record: what the tables hold of one token. What tokens of the same kind share is not in
// it, but in the template that it names (template.h).
//
//   digest (16 bytes) | sequence (8) | exp (4) | template (15 bits), kind (2), wide (1), length
//   (14) wide only: exp, end less exp, known (varints) | values
//
// The values of claims are what the template leaves open; those of a marker are its rank; a
// revocation has none.
//
// Threads: immutable.
// Limits:  a multiple of 8 bytes, up to 128 KiB; aligned to 8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "introspectd/time.h"
#include "introspectd/token.h"
#include "token/record.h"
#include "token/varint.h"

namespace introspectd::token {

// Which template; kPlain: none, everything is in the record.
using TemplateId = std::uint16_t;
inline constexpr TemplateId kPlain = 0;

class PackedRecord {
 public:
  static constexpr std::size_t kUnit = 8;
  static constexpr std::size_t kUnitsMax = (std::size_t{1} << 14) - 1;
  static constexpr TemplateId kTemplatesMax = (1u << 15) - 1;

  struct Head {
    TokenDigest digest;
    std::uint64_t sequence = 0;
    Record::Kind kind = Record::Kind::kClaims;
    TemplateId template_id = kPlain;
    UnixSeconds exp = 0;
    bool wide = false;  // whether exp and memory stand before the values
    std::size_t units = 0;
  };

  explicit PackedRecord(const Head& head)
      : digest_(head.digest),
        sequence_(head.sequence),
        exp_(head.wide ? 0 : static_cast<std::uint32_t>(head.exp)),
        template_(head.template_id & kTemplatesMax),
        kind_(static_cast<std::uint32_t>(head.kind) & 3),
        wide_(head.wide ? 1 : 0),
        units_(static_cast<std::uint32_t>(head.units) & kUnitsMax) {}

  // Whether exp, and a memory that is no more than it, fit into the head.
  static bool IsNarrow(UnixSeconds exp, Record::Memory memory) {
    return exp >= 0 && exp <= UINT32_MAX && memory.known && memory.end == exp;
  }

  const TokenDigest& digest() const { return digest_; }
  std::uint64_t sequence() const { return sequence_; }
  Record::Kind kind() const { return static_cast<Record::Kind>(kind_); }
  TemplateId template_id() const { return static_cast<TemplateId>(template_); }
  std::size_t allocated_bytes() const { return std::size_t{units_} * kUnit; }

  struct Lives {
    UnixSeconds exp;
    Record::Memory memory;
    const char* values;  // what stands behind
  };
  Lives lives() const {
    const char* at = reinterpret_cast<const char*>(this + 1);
    if (wide_ == 0) return {exp_, {true, exp_}, at};
    const UnixSeconds exp = ReadSigned(at);
    const UnixSeconds end = exp + ReadSigned(at);
    const bool known = ReadVarint(at) != 0;
    return {exp, {known, end}, at};
  }
  Record::Memory memory() const { return lives().memory; }
  UnixSeconds end() const { return memory().end; }
  bool Remembered(UnixSeconds now) const { return now < end() + Record::kRememberedAfterEnd_s; }

 private:
  TokenDigest digest_;
  std::uint64_t sequence_;
  std::uint32_t exp_;
  std::uint32_t template_ : 15;
  std::uint32_t kind_ : 2;
  std::uint32_t wide_ : 1;
  std::uint32_t units_ : 14;
};
static_assert(sizeof(PackedRecord) == 32 && alignof(PackedRecord) == PackedRecord::kUnit);

}  // namespace introspectd::token
