#include "token/packer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"
#include "token/varint.h"

namespace introspectd::token {

namespace {

// An audience takes three bytes of an answer at least, its quotes and a comma; what is copied in
// steps goes some bytes too far.
constexpr std::size_t kAudiencesMax = Span16::kAbsent / 3 + 1;
constexpr std::size_t kScratchBytes =
    sizeof(Record) + kAudiencesMax * sizeof(Span16) + Span16::kAbsent + 256;

std::size_t UnitsOf(std::size_t bytes) {
  return (bytes + PackedRecord::kUnit - 1) / PackedRecord::kUnit;
}

}  // namespace

const PackedRecord& Packer::Pack(const Record& record) {
  values_.clear();
  shared_used_.clear();
  PackedRecord::Head head{.digest = record.digest_,
                          .sequence = record.sequence_,
                          .kind = record.kind_,
                          .exp = record.exp_,
                          .wide = !PackedRecord::IsNarrow(record.exp_, record.memory())};
  if (head.wide) {
    AppendSigned(record.exp_, values_);
    AppendSigned(record.end_ - record.exp_, values_);
    AppendVarint(record.known_ ? 1 : 0, values_);
  }
  if (record.kind_ == Record::Kind::kClaims) head.template_id = WriteClaims(record);
  if (record.kind_ == Record::Kind::kMarker) values_ += record.all_bytes();
  head.units = UnitsOf(sizeof(PackedRecord) + values_.size());
  CHECK(head.units <= PackedRecord::kUnitsMax);
  block_.assign(head.units, 0);
  auto* packed = new (block_.data()) PackedRecord(head);
  std::memcpy(packed + 1, values_.data(), values_.size());
  return *packed;
}

TemplateId Packer::WriteClaims(const Record& record) {
  const TemplateId id = templates_.Find(record, holes_);
  if (id == kPlain) {
    WritePlain(record);
    return id;
  }
  templates_.At(id).Write(record, holes_, templates_.values(), values_, shared_used_);
  templates_.Use(id);
  for (const std::uint32_t value : shared_used_) templates_.values().Use(value);
  return id;
}

// Answer size | bytes behind it | times | fields | audiences | bytes. A time that is not there is
// 0, another one is one more than its distance from exp; so is an offset.
void Packer::WritePlain(const Record& record) {
  const std::string_view bytes = record.all_bytes();
  AppendVarint(record.answer_size_, values_);
  AppendVarint(bytes.size() - record.answer_size_, values_);
  for (const UnixSeconds time : {record.iat_, record.nbf_}) {
    AppendVarint(time == kNever ? 0 : 1, values_);
    if (time != kNever) AppendSigned(record.exp_ - time, values_);
  }
  for (const Span16 span : record.fields_) {
    AppendVarint(span.offset == Span16::kAbsent ? 0 : span.offset + 1u, values_);
    if (span.offset != Span16::kAbsent) AppendVarint(span.size, values_);
  }
  AppendVarint(record.audience_count_, values_);
  std::int64_t end = 0;
  for (std::size_t i = 0; i < record.audience_count_; ++i) {
    const Span16 span = record.audiences()[i];
    AppendSigned(span.offset - end, values_);
    AppendVarint(span.size, values_);
    end = span.offset + span.size;
  }
  values_ += bytes;
}

Unpacker::Unpacker(const Templates& templates)
    : templates_(templates), memory_(std::malloc(kScratchBytes)) {
  CHECK(memory_ != nullptr);
}

void Unpacker::Free::operator()(void* memory) const { std::free(memory); }

const Record& Unpacker::Unpack(const PackedRecord& packed) {
  Record& record = *new (memory_.get()) Record();
  const PackedRecord::Lives lives = packed.lives();
  record.digest_ = packed.digest();
  record.sequence_ = packed.sequence();
  record.kind_ = packed.kind();
  record.exp_ = lives.exp;
  record.SetMemory(lives.memory);
  record.size_ = sizeof(Record);
  if (record.kind_ == Record::Kind::kMarker) {
    std::memcpy(const_cast<char*>(record.bytes()), lives.values, sizeof(crypto::Sha256));
    record.size_ += sizeof(crypto::Sha256);
  } else if (record.kind_ == Record::Kind::kClaims) {
    if (packed.template_id() == kPlain) {
      ReadPlain(lives.values);
    } else {
      templates_.At(packed.template_id()).Expand(lives.values, templates_.values(), record);
    }
  }
  return record;
}

void Unpacker::ReadPlain(const char* at) {
  Record& record = this->record();
  record.answer_size_ = static_cast<std::uint16_t>(ReadVarint(at));
  const std::size_t size = record.answer_size_ + ReadVarint(at);
  for (UnixSeconds* time : {&record.iat_, &record.nbf_}) {
    if (ReadVarint(at) != 0) *time = record.exp_ - ReadSigned(at);
  }
  for (Span16& span : record.fields_) {
    const std::uint64_t offset = ReadVarint(at);
    if (offset == 0) continue;
    span.offset = static_cast<std::uint16_t>(offset - 1);
    span.size = static_cast<std::uint16_t>(ReadVarint(at));
  }
  record.audience_count_ = static_cast<std::uint16_t>(ReadVarint(at));
  auto* const audiences = const_cast<Span16*>(record.audiences());
  std::int64_t end = 0;
  for (std::size_t i = 0; i < record.audience_count_; ++i) {
    audiences[i].offset = static_cast<std::uint16_t>(end + ReadSigned(at));
    audiences[i].size = static_cast<std::uint16_t>(ReadVarint(at));
    end = audiences[i].offset + audiences[i].size;
  }
  char* const bytes = const_cast<char*>(record.bytes());
  std::memcpy(bytes, at, size);
  record.size_ = static_cast<std::uint32_t>(bytes + size - reinterpret_cast<char*>(&record));
}

}  // namespace introspectd::token
