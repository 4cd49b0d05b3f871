#include "token/record.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace introspectd::token {

void Claims::Clear() {
  bytes.clear();
  answer_size = 0;
  fields.fill({});
  audiences.clear();
  exp = 0;
  nbf = kNever;
  iat = kNever;
}

void FreeRecord::operator()(Record* record) const {
  if (record->slab_ != nullptr) return record->slab_->Release();
  std::free(record);
}

Record* Record::Allocate(std::size_t audience_count, std::size_t bytes, RecordSlab* slab) {
  const std::size_t size = sizeof(Record) + audience_count * sizeof(Span16) + bytes;
  void* memory = slab != nullptr ? slab->Allocate(size) : nullptr;
  if (memory == nullptr) {
    slab = nullptr;
    memory = std::malloc(size);
    CHECK(memory != nullptr);
  }
  auto* record = new (memory) Record();
  record->slab_ = slab;
  record->audience_count_ = static_cast<std::uint16_t>(audience_count);
  record->size_ = static_cast<std::uint32_t>(size);
  return record;
}

RecordPtr Record::Upsert(const TokenDigest& digest, std::uint64_t sequence, const Claims& claims,
                         RecordSlab* slab) {
  CHECK(claims.bytes.size() <= Span16::kAbsent && claims.audiences.size() <= Span16::kAbsent);
  RecordPtr record(Allocate(claims.audiences.size(), claims.bytes.size(), slab));
  record->digest_ = digest;
  record->exp_ = claims.exp;
  record->nbf_ = claims.nbf;
  record->iat_ = claims.iat;
  record->answer_size_ = static_cast<std::uint16_t>(claims.answer_size);
  record->fields_ = claims.fields;
  record->sequence_ = sequence;
  record->SetMemory({true, claims.exp});
  auto* audiences = reinterpret_cast<Span16*>(record.get() + 1);
  if (!claims.audiences.empty()) {
    std::memcpy(audiences, claims.audiences.data(), claims.audiences.size() * sizeof(Span16));
  }
  std::memcpy(reinterpret_cast<char*>(audiences + claims.audiences.size()), claims.bytes.data(),
              claims.bytes.size());
  return record;
}

RecordPtr Record::Marker(const TokenDigest& digest, std::uint64_t sequence, UnixSeconds exp,
                         const crypto::Sha256& rank) {
  RecordPtr record(Allocate(0, rank.size()));
  record->kind_ = Kind::kMarker;
  record->digest_ = digest;
  record->exp_ = exp;
  record->sequence_ = sequence;
  std::memcpy(reinterpret_cast<char*>(record.get() + 1), rank.data(), rank.size());
  return record;
}

RecordPtr Record::Revocation(const TokenDigest& digest, std::uint64_t sequence) {
  RecordPtr record(Allocate(0, 0));
  record->kind_ = Kind::kRevocation;
  record->digest_ = digest;
  record->sequence_ = sequence;
  return record;
}

void Record::SetMemory(Memory memory) {
  known_ = memory.known;
  end_ = memory.end;
}

crypto::Sha256 Record::rank() const {
  if (kind_ == Kind::kClaims) return crypto::Sha256Of(answer());
  CHECK(kind_ == Kind::kMarker);
  crypto::Sha256 rank;
  std::memcpy(rank.data(), bytes(), rank.size());
  return rank;
}

std::optional<std::string_view> Record::field(Field field) const {
  const Span16 span = fields_[static_cast<std::size_t>(field)];
  if (span.offset == Span16::kAbsent) return std::nullopt;
  return Text(span);
}

RecordPtr Record::Copy() const {
  void* memory = std::malloc(size_);
  CHECK(memory != nullptr);
  // A record is a block without pointers into itself.
  std::memcpy(memory, static_cast<const void*>(this), size_);
  RecordPtr copy(static_cast<Record*>(memory));
  copy->slab_ = nullptr;
  return copy;
}

}  // namespace introspectd::token
