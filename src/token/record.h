// A record: what is known of one token, in one block of memory. How it comes, and how it is read;
// in the tables it is packed (packed_record.h).
//
// Threads: values, handed over.
// Limits:  claims of at most 64 KiB together with what had to be unescaped.
//
// 1. A record is claims (an upsert won), or the end of a token whose claims are of no more use: a
//    revocation, or a marker (an upsert won whose exp had passed when it came).
// 2. `end` is never before `exp`: nothing is forgotten while it could matter.
// 3. Strings are borrowed from the record and live as long as it does.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "introspectd/time.h"
#include "introspectd/token.h"
#include "token/record_slab.h"

namespace introspectd::token {

// The members that decide; every other one is only given back.
enum class Field : std::uint8_t { kIss, kSub, kClientId, kSid, kJti, kScope };
inline constexpr std::size_t kFieldCount = 6;

// A part of a block's bytes. `kAbsent` as offset: the member is not there.
struct Span16 {
  static constexpr std::uint16_t kAbsent = 0xffff;
  std::uint16_t offset = kAbsent;
  std::uint16_t size = 0;
};

inline constexpr UnixSeconds kNever = std::numeric_limits<UnixSeconds>::min();

// What an issuer says of a token, checked and put into the answer's form. Reusable.
struct Claims {
  std::string bytes;  // the answer, then the strings that had to be unescaped
  std::size_t answer_size = 0;
  std::array<Span16, kFieldCount> fields{};
  std::vector<Span16> audiences;
  UnixSeconds exp = 0;
  UnixSeconds nbf = kNever;  // kNever: none
  UnixSeconds iat = kNever;

  void Clear();
};

class Record;
struct FreeRecord {
  void operator()(Record* record) const;
};
using RecordPtr = std::unique_ptr<Record, FreeRecord>;

class Record {
 public:
  enum class Kind : std::uint8_t { kClaims, kMarker, kRevocation };
  static constexpr std::int64_t kRememberedAfterEnd_s = 300;

  // Copies `claims`. One allocation, or none while `slab` has room.
  static RecordPtr Upsert(const TokenDigest& digest, std::uint64_t sequence, const Claims& claims,
                          RecordSlab* slab = nullptr);
  // `rank` decides between upserts of the same sequence.
  static RecordPtr Marker(const TokenDigest& digest, std::uint64_t sequence, UnixSeconds exp,
                          const crypto::Sha256& rank);
  static RecordPtr Revocation(const TokenDigest& digest, std::uint64_t sequence);

  const TokenDigest& digest() const { return digest_; }
  Kind kind() const { return kind_; }

  // The answer of contract 4.3, whole.
  std::string_view answer() const { return {bytes(), answer_size_}; }
  std::optional<std::string_view> field(Field field) const;
  std::size_t audience_count() const { return audience_count_; }
  std::string_view audience(std::size_t i) const { return Text(audiences()[i]); }
  UnixSeconds exp() const { return exp_; }
  UnixSeconds nbf() const { return nbf_; }
  UnixSeconds iat() const { return iat_; }

  // False once nobody can tell any more that the token ever was.
  bool Remembered(UnixSeconds now) const { return now < end() + kRememberedAfterEnd_s; }
  UnixSeconds end() const { return end_; }

  // `known`: an upsert of the token was seen, and `end` is the latest exp of
  // those; otherwise `end` is for how long a revocation waits for its token.
  struct Memory {
    bool known = false;
    UnixSeconds end = 0;
    friend bool operator==(const Memory&, const Memory&) = default;
  };
  Memory memory() const { return {known_, end_}; }
  void SetMemory(Memory memory);
  std::uint64_t sequence() const { return sequence_; }
  void SetSequence(std::uint64_t sequence) { sequence_ = sequence; }
  // SHA-256 of the answer; kClaims and kMarker.
  crypto::Sha256 rank() const;
  std::size_t allocated_bytes() const { return size_; }
  RecordPtr Copy() const;

 private:
  friend class StoredRecord;
  friend class Template;
  friend class Packer;
  friend class Unpacker;

  Record() = default;
  friend struct FreeRecord;
  static Record* Allocate(std::size_t audience_count, std::size_t bytes,
                          RecordSlab* slab = nullptr);

  const Span16* audiences() const { return reinterpret_cast<const Span16*>(this + 1); }
  const char* bytes() const { return reinterpret_cast<const char*>(audiences() + audience_count_); }
  std::string_view Text(Span16 span) const { return {bytes() + span.offset, span.size}; }
  // The answer, and what stands behind it.
  std::string_view all_bytes() const {
    const char* const begin = bytes();
    return {begin, static_cast<std::size_t>(reinterpret_cast<const char*>(this) + size_ - begin)};
  }

  TokenDigest digest_;
  UnixSeconds exp_ = 0;
  UnixSeconds nbf_ = kNever;
  UnixSeconds iat_ = kNever;
  UnixSeconds end_ = 0;
  std::uint16_t answer_size_ = 0;
  std::uint16_t audience_count_ = 0;
  Kind kind_ = Kind::kClaims;
  bool known_ = true;
  std::array<Span16, kFieldCount> fields_{};
  std::uint64_t sequence_ = 0;
  std::uint32_t size_ = 0;
  RecordSlab* slab_ = nullptr;  // where it lies; none: a block of its own
};

}  // namespace introspectd::token
