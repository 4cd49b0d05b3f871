#include "update/claims.h"

#include <array>

#include "fmt/core.h"
#include "text/ascii.h"

namespace introspectd::update {

namespace {

using json::Member;
using json::Type;
using token::Field;
using token::Span16;

enum class Kind : std::uint8_t {
  kActive,
  kText,
  kString,
  kTime,
  kAudience,
  kObject,
  kArray,
  kTokenType,
  kConfirmation,
  kExtendedClaims,
  kTokenUse,
  kTyp,
  kExtension,
};

struct Known {
  std::string_view name;
  Kind kind;
  Field field = Field::kIss;  // kText
};

constexpr std::array kKnown{
    Known{"active", Kind::kActive},
    Known{"client_id", Kind::kText, Field::kClientId},
    Known{"username", Kind::kString},
    Known{"scope", Kind::kText, Field::kScope},
    Known{"sub", Kind::kText, Field::kSub},
    Known{"aud", Kind::kAudience},
    Known{"iss", Kind::kText, Field::kIss},
    Known{"exp", Kind::kTime},
    Known{"iat", Kind::kTime},
    Known{"nbf", Kind::kTime},
    Known{"jti", Kind::kText, Field::kJti},
    Known{"sid", Kind::kText, Field::kSid},
    Known{"token_type", Kind::kTokenType},
    Known{"cnf", Kind::kConfirmation},
    Known{"act", Kind::kObject},
    Known{"authorization_details", Kind::kArray},
    Known{"extended_claims", Kind::kExtendedClaims},
    Known{"token_use", Kind::kTokenUse},
    Known{"typ", Kind::kTyp},
};

Known Look(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return known;
  }
  return {name, Kind::kExtension};
}

Reason Wrong(const Member& member, std::string_view must) {
  return fmt::format("claims.{} must be {}", member.name, must);
}

Reason Expect(const Member& member, Type type, std::string_view must) {
  return member.value.type == type ? Reason() : Wrong(member, must);
}

bool IsOneOf(const json::Value& value, std::initializer_list<std::string_view> lower) {
  if (value.type != Type::kString) return false;
  for (const std::string_view word : lower) {
    if (text::EqualsIgnoreCase(value.string, word)) return true;
  }
  return false;
}

}  // namespace

Reason ClaimsBuilder::Build(const json::Value& claims, const TokenDigest& digest,
                            token::Claims& out) {
  out.Clear();
  out_ = &out;
  unescaped_.clear();
  has_exp_ = has_token_type_ = has_extended_claims_ = has_jkt_ = false;
  out.bytes = R"({"active":true)";
  parser_.MembersOf(claims, members_);
  for (const Member& member : members_) {
    if (Reason wrong = Add(member, digest); !wrong.empty()) return wrong;
  }
  if (!has_exp_) return "claims.exp is missing";
  Finish();
  return out.bytes.size() <= token::Span16::kAbsent ? Reason() : "claims are too large";
}

Reason ClaimsBuilder::Add(const Member& member, const TokenDigest& digest) {
  const Known known = Look(member.name);
  Reason wrong;
  switch (known.kind) {
    case Kind::kActive:
      return member.value.type == Type::kBool && member.value.boolean ? Reason()
                                                                      : Wrong(member, "true");
    case Kind::kText:
      if (known.field == Field::kJti && member.value.type == Type::kString &&
          TokenDigest::Of(member.value.string) == digest) {
        return {};  // it would give the token away
      }
      return AddText(member, known.field);
    case Kind::kTime:
      if (known.name == "exp") {
        has_exp_ = true;
        return AddTime(member, out_->exp);
      }
      return AddTime(member, known.name == "iat" ? out_->iat : out_->nbf);
    case Kind::kAudience:
      return AddAudience(member);
    case Kind::kString:
      wrong = Expect(member, Type::kString, "a string");
      break;
    case Kind::kObject:
      wrong = Expect(member, Type::kObject, "an object");
      break;
    case Kind::kArray:
      wrong = Expect(member, Type::kArray, "an array");
      break;
    case Kind::kTokenType:
      wrong = CheckTokenType(member);
      break;
    case Kind::kConfirmation:
      wrong = CheckConfirmation(member);
      break;
    case Kind::kExtendedClaims:
      has_extended_claims_ = true;
      wrong = Expect(member, Type::kObject, "an object");
      break;
    case Kind::kTokenUse:
      if (!IsOneOf(member.value, {"access", "access_token"})) wrong = Wrong(member, "access");
      break;
    case Kind::kTyp:
      if (IsOneOf(member.value, {"id", "id_token", "refresh", "refresh_token", "offline", "logout",
                                 "logout_token"})) {
        wrong = Wrong(member, "that of an access token");
      }
      break;
    case Kind::kExtension:
      break;
  }
  if (wrong.empty()) Append(member);
  return wrong;
}

void ClaimsBuilder::Append(const Member& member) {
  AppendName(member);
  out_->bytes += member.value.raw;
}

// A name that means something here is written plainly, so that whoever reads the answer can look
// for it without unescaping.
void ClaimsBuilder::AppendName(const Member& member) {
  std::string& bytes = out_->bytes;
  bytes += ',';
  if (Look(member.name).kind == Kind::kExtension) {
    bytes += member.raw_name;
  } else {
    bytes += '"';
    bytes += member.name;
    bytes += '"';
  }
  bytes += ':';
}

// `string` was the last thing appended.
void ClaimsBuilder::Locate(const json::Value& string, Span16& span) {
  if (string.escaped()) {
    unescaped_.push_back({&span, string.string});
  } else {
    span.size = static_cast<std::uint16_t>(string.string.size());
    span.offset = static_cast<std::uint16_t>(out_->bytes.size() - 1 - span.size);
  }
}

Reason ClaimsBuilder::AddText(const Member& member, Field field) {
  if (member.value.type != Type::kString) return Wrong(member, "a string");
  Append(member);
  Locate(member.value, out_->fields[static_cast<std::size_t>(field)]);
  return {};
}

Reason ClaimsBuilder::AddTime(const Member& member, UnixSeconds& time) {
  if (!IsTime(member.value)) {
    return Wrong(member, "a whole number of seconds");
  }
  time = member.value.integer;
  Append(member);
  return {};
}

Reason ClaimsBuilder::AddAudience(const Member& member) {
  elements_.clear();
  if (member.value.type == Type::kString) {
    elements_.push_back(member.value);
  } else if (member.value.type == Type::kArray) {
    parser_.ElementsOf(member.value, elements_);
  } else {
    return Wrong(member, "a string or an array of strings");
  }
  AppendName(member);
  std::string& bytes = out_->bytes;
  bytes += '[';
  out_->audiences.resize(elements_.size());
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    if (elements_[i].type != Type::kString) return Wrong(member, "a string or an array of strings");
    if (i > 0) bytes += ',';
    bytes += elements_[i].raw;
    Locate(elements_[i], out_->audiences[i]);
  }
  bytes += ']';
  return {};
}

Reason ClaimsBuilder::CheckTokenType(const Member& member) {
  has_token_type_ = true;
  return IsOneOf(member.value, {"bearer", "dpop"}) ? Reason() : Wrong(member, "Bearer or DPoP");
}

Reason ClaimsBuilder::CheckConfirmation(const Member& member) {
  if (member.value.type != Type::kObject) return Wrong(member, "an object");
  parser_.MembersOf(member.value, confirmation_);
  has_jkt_ = json::Find(confirmation_, "jkt") != nullptr;
  return {};
}

void ClaimsBuilder::Finish() {
  std::string& bytes = out_->bytes;
  if (!has_token_type_) bytes += has_jkt_ ? R"(,"token_type":"DPoP")" : R"(,"token_type":"Bearer")";
  if (!has_extended_claims_) bytes += R"(,"extended_claims":{})";
  bytes += '}';
  out_->answer_size = bytes.size();
  for (const Unescaped& unescaped : unescaped_) {
    unescaped.span->offset = static_cast<std::uint16_t>(bytes.size());
    unescaped.span->size = static_cast<std::uint16_t>(unescaped.text.size());
    bytes += unescaped.text;
  }
}

}  // namespace introspectd::update
