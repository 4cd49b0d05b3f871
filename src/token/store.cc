#include "introspectd/store.h"

#include "token/packer.h"
#include "token/sides.h"
#include "token/writer.h"

namespace introspectd {

using token::Field;
using token::Record;

std::string_view TokenView::answer() const { return record_->answer(); }
UnixSeconds TokenView::exp() const { return record_->exp(); }
std::optional<std::string_view> TokenView::issuer() const { return record_->field(Field::kIss); }
std::optional<std::string_view> TokenView::client_id() const {
  return record_->field(Field::kClientId);
}
std::optional<std::string_view> TokenView::scope() const { return record_->field(Field::kScope); }
std::size_t TokenView::audience_count() const { return record_->audience_count(); }
std::string_view TokenView::audience(std::size_t i) const { return record_->audience(i); }

struct Store::Impl {
  explicit Impl(const StoreOptions& options) : writer(sides, options) {}

  token::Sides sides;
  token::Writer writer;
};

Store::Store(const StoreOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Store::~Store() = default;

token::Writer& Store::writer() { return impl_->writer; }
StoreStatus Store::status() const { return impl_->writer.status(); }

struct Store::Reader::Impl {
  Impl(token::Sides& all, std::string_view default_issuer)
      : sides(all), gate(all.turnstile), unpacker(all.templates), issuer(default_issuer) {}

  token::RuleShape RuleThatHits(const Record& record, UnixSeconds now) {
    const token::RuleMembers members{
        .iss = record.field(Field::kIss).value_or(issuer),
        .sub = record.field(Field::kSub),
        .client_id = record.field(Field::kClientId),
        .sid = record.field(Field::kSid),
    };
    return side->rules.Hit(members, record.iat(), now, scratch);
  }

  bool RevokedByJti(const Record& record, UnixSeconds now) {
    if (!side->rules.any_jti()) return false;
    const auto jti = record.field(Field::kJti);
    return jti &&
           side->rules.JtiRevoked(record.field(Field::kIss).value_or(issuer), *jti, now, scratch);
  }

  Finding Judge(const Record& record, UnixSeconds now) {
    const TokenView token(&record);
    if (record.kind() == Record::Kind::kRevocation) return {TokenState::kRevoked, token};
    // A marker's exp had passed where it came from; this node's clock may be behind that one's.
    if (record.kind() == Record::Kind::kMarker || now >= record.exp()) {
      return {TokenState::kExpired, token};
    }
    return JudgeClaims(record, now, 0);
  }

  Finding JudgeClaims(const Record& record, UnixSeconds now, std::int64_t leeway_s) {
    const TokenView token(&record);
    if (now + leeway_s < record.nbf()) return {TokenState::kNotYetValid, token};
    if (RevokedByJti(record, now)) return {TokenState::kRevokedJti, token};
    if (const token::RuleShape rule = RuleThatHits(record, now)) {
      return {TokenState::kRevokedRule, token, rule};
    }
    return {TokenState::kActive, token};
  }

  bool Revoked(const TokenDigest& digest, UnixSeconds now) const {
    const token::PackedRecord* record = side->table.Find(digest);
    return record != nullptr && record->kind() == Record::Kind::kRevocation &&
           record->Remembered(now);
  }

  token::Sides& sides;
  token::Turnstile::Reader gate;
  token::Unpacker unpacker;
  const std::string issuer;
  const token::Side* side = nullptr;  // while inside
  std::string scratch;
};

Store::Reader::Reader(Store& store)
    : impl_(std::make_unique<Impl>(store.impl_->sides, store.impl_->writer.options().issuer)) {}
Store::Reader::~Reader() = default;

void Store::Reader::Enter() {
  impl_->side = &impl_->sides.sides[static_cast<std::size_t>(impl_->gate.Enter())];
}

void Store::Reader::Leave() {
  impl_->side = nullptr;
  impl_->gate.Leave();
}

bool Store::Reader::inside() const { return impl_->gate.inside(); }
const std::string& Store::Reader::issuer() const { return impl_->issuer; }

void Store::Reader::Prefetch(const TokenDigest& digest) const {
  impl_->side->table.Prefetch(digest);
}

void Store::Reader::PrefetchRecord(const TokenDigest& digest) const {
  impl_->side->table.PrefetchRecord(digest);
}

Store::Finding Store::Reader::Find(const TokenDigest& digest, UnixSeconds now) {
  const token::PackedRecord* packed = impl_->side->table.Find(digest);
  if (packed == nullptr || !packed->Remembered(now)) return {};
  return impl_->Judge(impl_->unpacker.Unpack(*packed), now);
}

Store::Finding Store::Reader::Judge(const VerifiedToken& verified, UnixSeconds now) {
  const TokenView token(verified.record);
  if (now >= token.exp()) return {TokenState::kExpired, token};
  if (impl_->Revoked(verified.digest, now) ||
      (verified.twin && impl_->Revoked(*verified.twin, now))) {
    return {TokenState::kRevoked, token};
  }
  return impl_->JudgeClaims(*verified.record, now, verified.leeway_s);
}

}  // namespace introspectd
