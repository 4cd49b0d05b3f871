#include "update/parser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "fmt/core.h"
#include "text/base64.h"
#include "token/rules.h"

namespace introspectd::update {

namespace {

using json::Member;
using json::Type;
using token::Record;

constexpr UnixSeconds kSequenceAhead_s = 300;
constexpr UnixSeconds kRuleAhead_s = 60;
constexpr std::string_view kDigestForm =
    "token_sha256 must be 43 base64url characters without padding, or the first 16 bytes as 22";

// `size` bytes of `text`, which must be base64url of exactly as many.
bool DecodeExactly(std::string_view text, std::size_t size, std::uint8_t* out) {
  std::array<char, 48> bytes;
  if (text.size() != (size * 8 + 5) / 6) return false;
  if (text::DecodeBase64Url(text, bytes.data()) != static_cast<std::ptrdiff_t>(size)) return false;
  std::memcpy(out, bytes.data(), size);
  return true;
}

UnixSeconds SecondsOf(std::uint64_t sequence) {
  return static_cast<UnixSeconds>(sequence / static_cast<std::uint64_t>(kMicrosPerSecond));
}

}  // namespace

Parser::Parser(const ParserOptions& options)
    : options_(options),
      json_(options.line_bytes_max + kNodeAddsBytesMax, kDepthMax),
      builder_(json_) {}

std::size_t Parser::line_bytes_max(Origin origin) const {
  return options_.line_bytes_max + (origin == Origin::kNode ? kNodeAddsBytesMax : 0);
}

Line Parser::Parse(std::string_view line, const Pusher& pusher, Origin origin,
                   std::uint64_t sequence, UnixMicros now) {
  brought_sequence_ = false;
  if (line.size() > line_bytes_max(origin)) return Refused{"the line is longer than its limit"};
  const json::Error error = json_.ParseObject(line);
  if (error != json::Error::kNone) return Refused{json::ToString(error)};
  Context context{pusher, origin, sequence, now};
  const Member* op = json::Find(json_.members(), "op");
  if (op == nullptr || op->value.type != Type::kString) return Refused{"op is missing"};
  const std::string_view name = op->value.string;
  if (name == "upsert") return ParseUpsert(context);
  if (name == "revoke") return ParseRevoke(context);
  if (name == "heartbeat" || name == "complete") {
    Reason wrong = CheckMembers({"sequence"}, origin, {});
    if (wrong.empty()) wrong = ReadSequence(context);
    if (!wrong.empty()) return Refused{wrong};
    return name == "heartbeat" ? Line(Heartbeat{context.sequence})
                               : Line(Complete{context.sequence});
  }
  if (origin == Origin::kNode && name == "position") return ParsePosition();
  if (origin == Origin::kNode && name == "end") return ParseEnd();
  return Refused{"unknown op; allowed: upsert, revoke, heartbeat, complete"};
}

Line Parser::ParseUpsert(Context& context) {
  if (!context.pusher.may_upsert) return Refused{"this token has no scope for upsert"};
  TokenDigest digest;
  Reason wrong = CheckMembers({"token", "token_sha256", "claims", "sequence"}, context.origin,
                              {"end", "claims_sha256"});
  if (wrong.empty()) wrong = ReadSequence(context);
  if (wrong.empty()) wrong = ReadDigest(digest);
  const Member* claims = json::Find(json_.members(), "claims");
  if (wrong.empty() && (claims == nullptr || claims->value.type != Type::kObject)) {
    wrong = "claims must be an object";
  }
  if (wrong.empty()) wrong = builder_.Build(claims->value, digest, claims_);
  if (wrong.empty() && context.origin == Origin::kPusher) wrong = CheckLifetime(context);
  token::Upsert upsert;
  if (wrong.empty()) wrong = ReadTime("end", upsert.end);
  if (!wrong.empty()) return Refused{wrong};

  upsert.record = Record::Upsert(digest, context.sequence, claims_, slab_);
  const std::string_view issuer =
      upsert.record->field(token::Field::kIss).value_or(options_.issuer);
  if (wrong = CheckIssuer(context, issuer); !wrong.empty()) return Refused{wrong};
  if (const Member* rank = json::Find(json_.members(), "claims_sha256")) {
    crypto::Sha256 bytes;
    if (!DecodeExactly(rank->value.string, bytes.size(), bytes.data())) {
      return Refused{"claims_sha256 must be 43 base64url characters"};
    }
    upsert.record = Record::Marker(digest, context.sequence, claims_.exp, bytes);
  }
  return token::Update(std::move(upsert));
}

Line Parser::ParseRevoke(Context& context) {
  if (!context.pusher.may_revoke) return Refused{"this token has no scope for revoke"};
  if (Reason wrong = ReadSequence(context); !wrong.empty()) return Refused{wrong};
  const auto has = [this](std::string_view name) {
    return json::Find(json_.members(), name) != nullptr;
  };
  if (has("token") || has("token_sha256")) return RevokeToken(context);
  if (has("jti")) return RevokeJti(context);
  return AddRule(context);
}

Line Parser::RevokeToken(const Context& context) {
  token::RevokeToken revoke{.digest = {}, .sequence = context.sequence, .memory = {}};
  revoke.memory.end = LastEffect(context, SecondsOf(context.sequence));
  Reason wrong =
      CheckMembers({"token", "token_sha256", "sequence"}, context.origin, {"known", "end"});
  if (wrong.empty()) wrong = ReadDigest(revoke.digest);
  if (wrong.empty()) wrong = ReadTime("end", revoke.memory.end);
  if (!wrong.empty()) return Refused{wrong};
  const Member* known = json::Find(json_.members(), "known");
  revoke.memory.known = known != nullptr && known->value.boolean;
  return token::Update(revoke);
}

Line Parser::RevokeJti(const Context& context) {
  token::RevokeJti revoke{.key = {},
                          .sequence = context.sequence,
                          .end = LastEffect(context, SecondsOf(context.sequence))};
  std::optional<std::string_view> iss;
  std::optional<std::string_view> jti;
  Reason wrong = CheckMembers({"iss", "jti", "sequence"}, context.origin, {"end"});
  if (wrong.empty()) wrong = ReadText("iss", iss);
  if (wrong.empty()) wrong = ReadText("jti", jti);
  if (wrong.empty() && !iss) wrong = "a jti is revoked together with its iss, which is missing";
  if (wrong.empty()) wrong = CheckIssuer(context, *iss);
  if (wrong.empty()) wrong = ReadTime("end", revoke.end);
  if (!wrong.empty()) return Refused{wrong};
  revoke.key = token::JtiKey(*iss, *jti);
  return token::Update(std::move(revoke));
}

Line Parser::AddRule(const Context& context) {
  token::AddRule rule{
      .keys = {}, .sequence = context.sequence, .issued_before = context.seconds(), .end = 0};
  token::RuleMembers members;
  Reason wrong = CheckMembers({"sub", "client_id", "sid", "iss", "issued_before", "sequence"},
                              context.origin, {"end"});
  if (wrong.empty()) wrong = ReadText("sub", members.sub);
  if (wrong.empty()) wrong = ReadText("client_id", members.client_id);
  if (wrong.empty()) wrong = ReadText("sid", members.sid);
  if (wrong.empty()) wrong = ReadText("iss", members.iss);
  if (wrong.empty() && !members.sub && !members.client_id && !members.sid) {
    wrong = "revoke needs token, token_sha256, iss and jti, or one of sub, client_id, sid";
  }
  if (wrong.empty()) wrong = ReadTime("issued_before", rule.issued_before);
  if (wrong.empty() && context.origin == Origin::kPusher &&
      rule.issued_before > context.seconds() + kRuleAhead_s) {
    wrong = "issued_before is more than 60 s ahead";
  }
  if (wrong.empty() && members.iss) wrong = CheckIssuer(context, *members.iss);
  if (wrong.empty()) wrong = ReadTime("end", rule.end);
  if (!wrong.empty()) return Refused{wrong};
  if (rule.end == 0) rule.end = LastEffect(context, rule.issued_before);
  if (members.iss || context.pusher.any_issuer || context.origin == Origin::kNode) {
    rule.keys.push_back(token::RuleKey(members));
  } else {
    for (const std::string& issuer : context.pusher.issuers) {
      members.iss = issuer;
      rule.keys.push_back(token::RuleKey(members));
    }
    if (rule.keys.empty()) return Refused{"this token speaks for no issuer"};
  }
  return token::Update(std::move(rule));
}

Line Parser::ParsePosition() {
  const Member* sequence = json::Find(json_.members(), "sequence");
  if (sequence == nullptr || sequence->value.type != Type::kInteger ||
      sequence->value.integer < 0) {
    return Refused{"sequence must be a whole number of microseconds"};
  }
  Position position{.sequence = static_cast<std::uint64_t>(sequence->value.integer), .log = {}};
  if (const Member* log = json::Find(json_.members(), "log")) position.log = log->value.raw;
  return position;
}

Line Parser::ParseEnd() {
  const Member* lines = json::Find(json_.members(), "lines");
  if (lines == nullptr || lines->value.type != Type::kInteger || lines->value.integer < 0) {
    return Refused{"lines must be a whole number"};
  }
  return End{static_cast<std::uint64_t>(lines->value.integer)};
}

// A member that is misspelt must not be passed over: a rule without its bound hits more.
Reason Parser::CheckMembers(std::initializer_list<std::string_view> allowed, Origin origin,
                            std::initializer_list<std::string_view> from_nodes) const {
  const auto in = [](std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const Member& member : json_.members()) {
    if (member.name == "op" || in(member.name, allowed)) continue;
    if (origin == Origin::kNode && in(member.name, from_nodes)) continue;
    return "a member that this op does not have";
  }
  return {};
}

Reason Parser::ReadSequence(Context& context) {
  const Member* member = json::Find(json_.members(), "sequence");
  if (member == nullptr) return {};
  brought_sequence_ = true;
  if (member->value.type != Type::kInteger || member->value.integer < 0) {
    return "sequence must be a whole number of microseconds below 2^63";
  }
  const bool ahead = member->value.integer > context.now + kSequenceAhead_s * kMicrosPerSecond;
  if (ahead && context.origin == Origin::kPusher) return "sequence is more than 300 s ahead";
  context.sequence = static_cast<std::uint64_t>(member->value.integer);
  return {};
}

Reason Parser::ReadDigest(TokenDigest& digest) const {
  const Member* raw = json::Find(json_.members(), "token");
  const Member* hashed = json::Find(json_.members(), "token_sha256");
  if ((raw == nullptr) == (hashed == nullptr)) return "exactly one of token and token_sha256";
  if (raw != nullptr) {
    if (raw->value.type != Type::kString || raw->value.string.empty()) {
      return "token must be a string that is not empty";
    }
    digest = TokenDigest::Of(raw->value.string);
    return {};
  }
  const auto parsed = TokenDigest::Parse(hashed->value.string);
  if (!parsed) return Reason(kDigestForm);
  digest = *parsed;
  return {};
}

Reason Parser::ReadText(std::string_view name, std::optional<std::string_view>& text) const {
  const Member* member = json::Find(json_.members(), name);
  if (member == nullptr) return {};
  if (member->value.type != Type::kString) return fmt::format("{} must be a string", name);
  text = member->value.string;
  return {};
}

Reason Parser::ReadTime(std::string_view name, UnixSeconds& time) const {
  const Member* member = json::Find(json_.members(), name);
  if (member == nullptr) return {};
  if (!claims::IsTime(member->value)) {
    return fmt::format("{} must be a whole number of seconds", name);
  }
  time = member->value.integer;
  return {};
}

// For how long a revocation of `time` can matter. An issuer may number its updates from 1 on; what
// is accepted now must have an effect all the same.
UnixSeconds Parser::LastEffect(const Context& context, UnixSeconds time) const {
  return std::max(time, context.seconds()) + longest_life_s();
}

Reason Parser::CheckLifetime(const Context& context) const {
  const std::int64_t longest = longest_life_s();
  if (claims_.exp - context.seconds() > longest) {
    return fmt::format("claims.exp is more than {} s ahead", longest);
  }
  if (claims_.iat != token::kNever && claims_.exp - claims_.iat > longest) {
    return fmt::format("claims.exp is more than {} s after claims.iat", longest);
  }
  return {};
}

Reason Parser::CheckIssuer(const Context& context, std::string_view issuer) const {
  if (context.origin == Origin::kNode || context.pusher.SpeaksFor(issuer)) return {};
  return "an issuer that this token may not speak for";
}

void GiveSequence(Line& line, std::uint64_t estimate, std::uint64_t sequence) {
  // A revocation is remembered for so long after its sequence.
  const UnixSeconds later = SecondsOf(sequence) - SecondsOf(estimate);
  if (auto* update = std::get_if<token::Update>(&line)) {
    token::SetSequence(*update, sequence);
    if (auto* revoke = std::get_if<token::RevokeToken>(update)) revoke->memory.end += later;
    if (auto* revoke = std::get_if<token::RevokeJti>(update)) revoke->end += later;
  } else if (auto* heartbeat = std::get_if<Heartbeat>(&line)) {
    heartbeat->sequence = sequence;
  } else if (auto* complete = std::get_if<Complete>(&line)) {
    complete->sequence = sequence;
  }
}

}  // namespace introspectd::update
