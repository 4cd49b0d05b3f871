#include "token/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/check.h"
#include "text/json_walker.h"
#include "token/compact_text.h"
#include "token/shared_values.h"
#include "token/varint.h"

namespace introspectd::token {

namespace {

// Text is copied in steps of this, beyond its end: what comes next overwrites it.
constexpr std::size_t kStep = 32;

void CopyInSteps(const char* from, std::size_t size, char* to) {
  for (std::size_t done = 0; done < size; done += kStep) std::memcpy(to + done, from + done, kStep);
}

bool Continues(std::string_view bytes, std::size_t at, const char* text, std::size_t size) {
  return bytes.size() - at >= size && std::memcmp(bytes.data() + at, text, size) == 0;
}

std::string_view DigitsOf(const fmt::format_int& number) { return {number.data(), number.size()}; }

}  // namespace

UnixSeconds Template::TimeOf(HoleKind kind, const Record& record) {
  if (kind == HoleKind::kExp) return record.exp_;
  return kind == HoleKind::kIat ? record.iat_ : record.nbf_;
}

std::uint64_t Template::HintOf(const Record& record, Scale scale) {
  std::uint64_t hash = static_cast<std::uint64_t>(scale) + 1;
  const auto mix = [&hash](std::uint64_t more) {
    hash = (hash ^ more) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  };
  const auto mix_text = [&mix](std::string_view text) { mix(std::hash<std::string_view>()(text)); };
  for (const Span16 span : record.fields_) mix(span.offset == Span16::kAbsent ? 0 : 1);
  mix(record.audience_count_ * 4u + (record.iat_ == kNever ? 2u : 0u) +
      (record.nbf_ == kNever ? 1u : 0u));
  if (scale == Scale::kClient) {
    mix_text(record.field(Field::kClientId).value_or(""));
    mix_text(record.field(Field::kScope).value_or(""));
  } else {
    mix_text(record.field(Field::kIss).value_or(""));
    if (record.audience_count_ > 0) mix_text(record.audience(0));
  }
  return hash;
}

bool Template::Match(const Record& record, Holes& holes) const {
  const std::string_view bytes = record.all_bytes();
  if (bytes.size() - record.answer_size_ != unescaped_size_) return false;
  if ((record.iat_ != kNever) != has_iat_ || (record.nbf_ != kNever) != has_nbf_) return false;
  const char* text = text_.data();
  std::size_t at = 0;
  std::array<std::size_t, kHolesMax + 1> in_holes;  // bytes, of the first, the first two, ...
  in_holes[0] = 0;
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    const Hole& hole = holes_[i];
    if (!Continues(bytes, at, text, hole.text_before)) return false;
    at += hole.text_before;
    text += hole.text_before;
    if (!MatchHole(hole, record, bytes, at, holes[i])) return false;
    at += holes[i].size();
    in_holes[i + 1] = in_holes[i] + holes[i].size();
  }
  const auto rest = text_size_ - static_cast<std::size_t>(text - text_.data());
  return bytes.size() - at == rest && Continues(bytes, at, text, rest) &&
         HasSameFields(record, in_holes);
}

bool Template::MatchHole(const Hole& hole, const Record& record, std::string_view bytes,
                         std::size_t at, std::string_view& found) {
  switch (hole.kind) {
    case HoleKind::kExp:
    case HoleKind::kIat:
    case HoleKind::kNbf: {
      const fmt::format_int digits(TimeOf(hole.kind, record));
      found = bytes.substr(at, digits.size());
      return found == DigitsOf(digits);
    }
    case HoleKind::kText:
    case HoleKind::kUuid:
    case HoleKind::kHex: {
      Span16 span{static_cast<std::uint16_t>(at), kUuidText};
      if (hole.field != kNoField) span = record.fields_[hole.field];
      if (span.offset != at) return false;
      found = bytes.substr(at, span.size);
      if (hole.kind == HoleKind::kUuid) return IsUuid(found);
      return hole.kind == HoleKind::kText || IsHex(found);
    }
    case HoleKind::kInteger: {
      const std::size_t end = bytes.find_first_not_of("0123456789", at);
      found = bytes.substr(at, end - at);
      return PlainNumber(found).has_value();
    }
    case HoleKind::kValue:
      found = text::JsonWalker(bytes.substr(0, record.answer_size_), at).Take();
      return true;
  }
  CHECK(false);
}

// Fields that are in holes were found there; the others must be in the same places of the text.
bool Template::HasSameFields(const Record& record, std::span<const std::size_t> in_holes) const {
  const auto is_at = [in_holes](const Place& place, Span16 span) {
    return span.size == place.span.size &&
           span.offset == place.span.offset + in_holes[place.holes_before];
  };
  std::size_t present = 0;
  for (const Span16 span : record.fields_) present += span.offset != Span16::kAbsent ? 1 : 0;
  for (const Hole& hole : holes_) present -= hole.field != kNoField ? 1 : 0;
  if (present != fields_.size() || record.audience_count_ != audiences_.size()) return false;
  for (const FieldPlace& field : fields_) {
    if (!is_at(field.place, record.fields_[static_cast<std::size_t>(field.field)])) return false;
  }
  for (std::size_t i = 0; i < audiences_.size(); ++i) {
    if (!is_at(audiences_[i], record.audiences()[i])) return false;
  }
  return true;
}

void Template::Write(const Record& record, const Holes& holes, SharedValues& shared,
                     std::string& values, std::vector<std::uint32_t>& used) const {
  if (has_iat_) AppendSigned(record.exp_ - record.iat_, values);
  if (has_nbf_) AppendSigned((has_iat_ ? record.iat_ : record.exp_) - record.nbf_, values);
  for (std::size_t i = 0; i < holes_.size(); ++i) {
    const std::string_view hole = holes[i];
    switch (holes_[i].kind) {
      case HoleKind::kExp:
      case HoleKind::kIat:
      case HoleKind::kNbf:
        break;
      case HoleKind::kText:
        AppendVarint(hole.size(), values);
        values += hole;
        break;
      case HoleKind::kHex:
        AppendVarint(hole.size() / 2, values);
        AppendHex(hole, values);
        break;
      case HoleKind::kUuid:
        AppendUuid(hole, values);
        break;
      case HoleKind::kInteger:
        AppendVarint(*PlainNumber(hole), values);
        break;
      case HoleKind::kValue: {
        const std::uint32_t id = shared.Find(hole);
        AppendVarint(id, values);
        if (id != SharedValues::kNone) {
          used.push_back(id);
        } else {
          AppendVarint(hole.size(), values);
          values += hole;
        }
      }
    }
  }
}

// Puts an answer together in a record's bytes.
class Template::Expander {
 public:
  Expander(const char* values, const SharedValues& shared, Record& record)
      : values_(values),
        shared_(shared),
        record_(record),
        begin_(const_cast<char*>(record.bytes())),
        to_(begin_) {}

  void PutText(const char* text, std::size_t size) {
    CopyInSteps(text, size, to_);
    to_ += size;
  }

  void Fill(const Hole& hole) {
    char* const from = to_;
    switch (hole.kind) {
      case HoleKind::kExp:
        PutNumber(record_.exp_);
        break;
      case HoleKind::kIat:
        PutNumber(record_.iat_);
        break;
      case HoleKind::kNbf:
        PutNumber(record_.nbf_);
        break;
      case HoleKind::kText:
        PutCounted();
        break;
      case HoleKind::kUuid:
        WriteUuid(values_, to_);
        values_ += kUuidBytes;
        to_ += kUuidText;
        break;
      case HoleKind::kHex:
        PutHex();
        break;
      case HoleKind::kInteger:
        PutNumber(ReadVarint(values_));
        break;
      case HoleKind::kValue:
        PutValue();
        break;
    }
    if (hole.field != kNoField) {
      record_.fields_[hole.field] = {static_cast<std::uint16_t>(from - begin_),
                                     static_cast<std::uint16_t>(to_ - from)};
    }
    before_[count_ + 1] = static_cast<std::uint16_t>(before_[count_] + (to_ - from));
    ++count_;
  }

  Span16 SpanOf(const Place& place) const {
    return {static_cast<std::uint16_t>(place.span.offset + before_[place.holes_before]),
            place.span.size};
  }

  const char* end() const { return to_; }
  std::size_t size() const { return static_cast<std::size_t>(to_ - begin_); }

 private:
  void Put(std::string_view bytes) {
    std::memcpy(to_, bytes.data(), bytes.size());
    to_ += bytes.size();
  }

  template <class Number>
  void PutNumber(Number number) {
    Put(DigitsOf(fmt::format_int(number)));
  }

  void PutCounted() {
    const std::size_t size = ReadVarint(values_);
    Put({values_, size});
    values_ += size;
  }

  void PutHex() {
    const std::size_t size = ReadVarint(values_);
    WriteHex(values_, size, to_);
    values_ += size;
    to_ += 2 * size;
  }

  void PutValue() {
    const auto id = static_cast<std::uint32_t>(ReadVarint(values_));
    if (id == SharedValues::kNone) return PutCounted();
    Put(shared_.At(id));
  }

  const char* values_;
  const SharedValues& shared_;
  Record& record_;
  char* const begin_;
  char* to_;
  std::array<std::uint16_t, kHolesMax + 1> before_{};  // bytes in the holes before each
  std::size_t count_ = 0;
};

void Template::Expand(const char* values, const SharedValues& shared, Record& record) const {
  if (has_iat_) record.iat_ = record.exp_ - ReadSigned(values);
  if (has_nbf_) record.nbf_ = (has_iat_ ? record.iat_ : record.exp_) - ReadSigned(values);
  record.audience_count_ = static_cast<std::uint16_t>(audiences_.size());  // before bytes()
  Expander out(values, shared, record);
  const char* text = text_.data();
  for (const Hole& hole : holes_) {
    out.PutText(text, hole.text_before);
    text += hole.text_before;
    out.Fill(hole);
  }
  out.PutText(text, text_size_ - static_cast<std::size_t>(text - text_.data()));
  for (const FieldPlace& field : fields_) {
    record.fields_[static_cast<std::size_t>(field.field)] = out.SpanOf(field.place);
  }
  auto* const audiences = const_cast<Span16*>(record.audiences());
  for (std::size_t i = 0; i < audiences_.size(); ++i) audiences[i] = out.SpanOf(audiences_[i]);
  record.answer_size_ = static_cast<std::uint16_t>(out.size() - unescaped_size_);
  record.size_ = static_cast<std::uint32_t>(out.end() - reinterpret_cast<const char*>(&record));
}

void Template::Release(const char* values, SharedValues& shared) const {
  if (has_iat_) ReadSigned(values);
  if (has_nbf_) ReadSigned(values);
  for (const Hole& hole : holes_) {
    switch (hole.kind) {
      case HoleKind::kExp:
      case HoleKind::kIat:
      case HoleKind::kNbf:
        break;
      case HoleKind::kText:
      case HoleKind::kHex: {
        const std::size_t size = ReadVarint(values);
        values += size;
        break;
      }
      case HoleKind::kUuid:
        values += kUuidBytes;
        break;
      case HoleKind::kInteger:
        ReadVarint(values);
        break;
      case HoleKind::kValue:
        if (const std::uint64_t id = ReadVarint(values); id != SharedValues::kNone) {
          shared.Release(static_cast<std::uint32_t>(id));
        } else {
          const std::size_t size = ReadVarint(values);
          values += size;
        }
        break;
    }
  }
}

std::size_t Template::bytes() const {
  return sizeof(Template) + text_.capacity() + holes_.capacity() * sizeof(Hole) +
         fields_.capacity() * sizeof(FieldPlace) + audiences_.capacity() * sizeof(Place);
}

// Goes over an answer once and leaves out what differs from token to token.
class Template::Maker {
 public:
  Maker(const Record& record, Scale scale)
      : record_(record), scale_(scale), bytes_(record.all_bytes()) {}

  std::optional<Template> Make() {
    constexpr std::string_view kBegin = R"({"active":true)";
    if (!record_.answer().starts_with(kBegin)) return std::nullopt;
    text::JsonWalker walker(record_.answer());
    while (!walker.AtEnd()) {
      const std::string_view name = walker.Take();
      if (!AddMember(name.substr(1, name.size() - 2), walker.Take())) return std::nullopt;
    }
    if (made_.holes_.size() > kHolesMax) return std::nullopt;
    AddText(bytes_.size());
    Finish();
    return std::move(made_);
  }

 private:
  bool AddMember(std::string_view name, std::string_view value) {
    if (name == "active" || name == "iss" || name == "aud" || name == "token_type") return true;
    if (name == "exp") return AddTime(HoleKind::kExp, value);
    if (name == "iat") return AddTime(HoleKind::kIat, value);
    if (name == "nbf") return AddTime(HoleKind::kNbf, value);
    if (name == "sub") return AddField(Field::kSub, value);
    if (name == "jti") return AddField(Field::kJti, value);
    if (name == "sid") return AddField(Field::kSid, value);
    if (name == "client_id") return scale_ == Scale::kClient || AddField(Field::kClientId, value);
    if (name == "scope") return scale_ == Scale::kClient || AddField(Field::kScope, value);
    AddOther(value);
    return true;
  }

  bool AddTime(HoleKind kind, std::string_view value) {
    if (value != DigitsOf(fmt::format_int(TimeOf(kind, record_)))) return false;
    made_.has_iat_ |= kind == HoleKind::kIat;
    made_.has_nbf_ |= kind == HoleKind::kNbf;
    AddHole(kind, value);
    return true;
  }

  // A string that stands in the answer as it is.
  bool AddField(Field field, std::string_view value) {
    const auto index = static_cast<std::uint8_t>(field);
    const std::string_view text = value.substr(1, value.size() - 2);
    const Span16 span = record_.fields_[index];
    if (span.offset != text.data() - bytes_.data() || span.size != text.size()) return false;
    constexpr std::size_t kHexMin = 8;
    HoleKind kind = HoleKind::kText;
    if (IsUuid(text)) kind = HoleKind::kUuid;
    if (IsHex(text) && text.size() >= kHexMin) kind = HoleKind::kHex;
    AddHole(kind, text, index);
    return true;
  }

  void AddOther(std::string_view value) {
    if (value == "true" || value == "false" || value == "null" || value == "{}" || value == "[]") {
      return;
    }
    if (PlainNumber(value)) return AddHole(HoleKind::kInteger, value);
    if (value.size() == kUuidText + 2 && IsUuid(value.substr(1, kUuidText))) {
      return AddHole(HoleKind::kUuid, value.substr(1, kUuidText));
    }
    AddHole(HoleKind::kValue, value);
  }

  void AddHole(HoleKind kind, std::string_view value, std::uint8_t field = kNoField) {
    const auto begin = static_cast<std::size_t>(value.data() - bytes_.data());
    const std::size_t text_before = made_.text_.size();
    AddText(begin);
    made_.holes_.push_back(
        {kind, field, static_cast<std::uint16_t>(made_.text_.size() - text_before)});
    in_holes_.push_back(value);
    done_ = begin + value.size();
  }

  void AddText(std::size_t until) {
    made_.text_ += bytes_.substr(done_, until - done_);
    done_ = until;
  }

  Place PlaceOf(Span16 span) const {
    const char* const at = bytes_.data() + span.offset;
    Place place{.span = span};
    for (const std::string_view hole : in_holes_) {
      if (hole.data() >= at) break;
      ++place.holes_before;
      place.span.offset = static_cast<std::uint16_t>(place.span.offset - hole.size());
    }
    return place;
  }

  void Finish() {
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const bool in_hole =
          std::ranges::any_of(made_.holes_, [i](const Hole& hole) { return hole.field == i; });
      if (record_.fields_[i].offset == Span16::kAbsent || in_hole) continue;
      made_.fields_.push_back({static_cast<Field>(i), PlaceOf(record_.fields_[i])});
    }
    for (std::size_t i = 0; i < record_.audience_count_; ++i) {
      made_.audiences_.push_back(PlaceOf(record_.audiences()[i]));
    }
    made_.unescaped_size_ = static_cast<std::uint16_t>(bytes_.size() - record_.answer_size_);
    made_.hint_ = HintOf(record_, scale_);
    made_.text_size_ = made_.text_.size();
    made_.text_.resize(made_.text_size_ + kStep);
    made_.text_.shrink_to_fit();
    made_.holes_.shrink_to_fit();
  }

  const Record& record_;
  const Scale scale_;
  const std::string_view bytes_;
  Template made_;
  std::vector<std::string_view> in_holes_;
  std::size_t done_ = 0;  // of the bytes
};

std::optional<Template> Template::Of(const Record& record, Scale scale) {
  return Maker(record, scale).Make();
}

}  // namespace introspectd::token
