#include "token/stored_record.h"

#include <bit>
#include <cstring>
#include <utility>

namespace introspectd::token {

namespace {

static_assert(std::endian::native == std::endian::little, "stored numbers are little-endian");

// Without padding, so that its bytes are its values alone.
struct Head {
  std::uint8_t kind;
  std::uint8_t known;
  std::uint16_t answer_size;
  std::uint16_t audience_count;
  std::uint16_t reserved;  // 0
  std::uint64_t sequence;
  std::int64_t exp;
  std::int64_t nbf;
  std::int64_t iat;
  std::int64_t end;
  std::array<Span16, kFieldCount> fields;
};
static_assert(sizeof(Head) == 48 + kFieldCount * sizeof(Span16));
static_assert(std::has_unique_object_representations_v<Head>);

bool Fits(Span16 span, std::size_t size) { return std::size_t{span.offset} + span.size <= size; }

bool IsWhole(const Head& head, const Span16* audiences, std::size_t bytes) {
  if (head.kind > static_cast<std::uint8_t>(Record::Kind::kRevocation)) return false;
  if (head.known > 1 || head.reserved != 0) return false;
  switch (static_cast<Record::Kind>(head.kind)) {
    case Record::Kind::kClaims:
      if (head.answer_size == 0) return false;
      break;
    case Record::Kind::kMarker:
      if (bytes != sizeof(crypto::Sha256)) return false;
      break;
    case Record::Kind::kRevocation:
      if (bytes != 0) return false;
      break;
  }
  if (head.answer_size > bytes) return false;
  for (const Span16 field : head.fields) {
    if (field.offset != Span16::kAbsent && !Fits(field, bytes)) return false;
  }
  for (std::size_t i = 0; i < head.audience_count; ++i) {
    if (!Fits(audiences[i], bytes)) return false;
  }
  return true;
}

}  // namespace

void StoredRecord::Append(const Record& record, std::string& out) {
  const Head head{.kind = static_cast<std::uint8_t>(record.kind_),
                  .known = record.known_ ? std::uint8_t{1} : std::uint8_t{0},
                  .answer_size = record.answer_size_,
                  .audience_count = record.audience_count_,
                  .reserved = 0,
                  .sequence = record.sequence_,
                  .exp = record.exp_,
                  .nbf = record.nbf_,
                  .iat = record.iat_,
                  .end = record.end(),
                  .fields = record.fields_};
  out.append(reinterpret_cast<const char*>(&head), sizeof head);
  const std::size_t behind = record.size_ - sizeof(Record);  // the audiences, then the bytes
  out.append(reinterpret_cast<const char*>(record.audiences()), behind);
}

RecordPtr StoredRecord::Read(const TokenDigest& digest, std::string_view stored) {
  Head head;
  if (stored.size() < sizeof head) return nullptr;
  std::memcpy(&head, stored.data(), sizeof head);
  stored.remove_prefix(sizeof head);
  const std::size_t audiences = head.audience_count * sizeof(Span16);
  if (stored.size() < audiences || stored.size() - audiences > Span16::kAbsent) return nullptr;
  RecordPtr record(Record::Allocate(head.audience_count, stored.size() - audiences));
  std::memcpy(static_cast<void*>(record.get() + 1), stored.data(), stored.size());
  if (!IsWhole(head, record->audiences(), stored.size() - audiences)) return nullptr;
  record->digest_ = digest;
  record->kind_ = static_cast<Record::Kind>(head.kind);
  record->answer_size_ = head.answer_size;
  record->sequence_ = head.sequence;
  record->exp_ = head.exp;
  record->nbf_ = head.nbf;
  record->iat_ = head.iat;
  record->fields_ = head.fields;
  record->SetMemory({head.known != 0, head.end});
  return record;
}

UnixSeconds StoredRecord::EndOf(std::string_view stored) {
  Head head;
  if (stored.size() < sizeof head) return kNever;
  std::memcpy(&head, stored.data(), sizeof head);
  return head.end;
}

}  // namespace introspectd::token
