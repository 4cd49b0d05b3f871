#include "claims/builder.h"

#include "claims/wrong.h"
#include "text/ascii.h"

namespace introspectd::claims {

using json::Member;
using json::Type;
using token::Field;
using token::Span16;

namespace {

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

Reason Builder::Build(const json::Value& claims, const TokenDigest& digest, token::Claims& out) {
  origin_ = Origin::kPush;
  parser_.MembersOf(claims, members_);
  return BuildAll(members_, digest, out);
}

Reason Builder::BuildFromJwt(const TokenDigest& digest, token::Claims& out) {
  origin_ = Origin::kJwt;
  PlanJwt(parser_.members());
  return BuildAll(parser_.members(), digest, out);
}

Reason Builder::BuildAll(const std::vector<Member>& members, const TokenDigest& digest,
                         token::Claims& out) {
  out.Clear();
  out_ = &out;
  unescaped_.clear();
  has_exp_ = has_token_type_ = has_extended_claims_ = has_jkt_ = false;
  out.bytes = R"({"active":true)";
  for (const Member& member : members) {
    if (Reason wrong = Add(member, digest); !wrong.empty()) return wrong;
  }
  if (!has_exp_) return "claims.exp is missing";
  if (origin_ == Origin::kJwt && client_ != nullptr) {
    if (Reason wrong = AddClient(); !wrong.empty()) return wrong;
  }
  Finish();
  return out.bytes.size() <= token::Span16::kAbsent ? Reason() : "claims are too large";
}

Reason Builder::Add(const Member& member, const TokenDigest& digest) {
  const Known known = Look(member.name, origin_);
  switch (known.kind) {
    case Kind::kActive:
      return member.value.type == Type::kBool && member.value.boolean ? Reason()
                                                                      : Wrong(member, "true");
    case Kind::kText:
      // It would give the token away. A JWT is longer than any of its claims.
      if (known.field == Field::kJti && origin_ == Origin::kPush &&
          member.value.type == Type::kString && TokenDigest::Of(member.value.string) == digest) {
        return {};
      }
      return AddText(member, known.field);
    case Kind::kTime:
      has_exp_ = has_exp_ || known.name == "exp";
      return AddTime(member, known.name == "exp"   ? out_->exp
                             : known.name == "iat" ? out_->iat
                                                   : out_->nbf);
    case Kind::kAudience:
      return AddAudience(member);
    case Kind::kScopes:
      if (&member == scope_) return AddScopes(member);
      break;
    default:
      break;
  }
  Reason wrong = Check(member, known.kind);
  if (wrong.empty()) Append(member, known.kind);
  return wrong;
}

// Members that are given back as they came, if they are what they should be.
Reason Builder::Check(const Member& member, Kind kind) {
  switch (kind) {
    case Kind::kString:
      return Expect(member, Type::kString, "a string");
    case Kind::kObject:
      return Expect(member, Type::kObject, "an object");
    case Kind::kArray:
      return Expect(member, Type::kArray, "an array");
    case Kind::kTokenType:
      return CheckTokenType(member);
    case Kind::kConfirmation:
      return CheckConfirmation(member);
    case Kind::kExtendedClaims:
      has_extended_claims_ = true;
      return Expect(member, Type::kObject, "an object");
    case Kind::kTokenUse:
      return IsOneOf(member.value, {"access", "access_token"}) ? Reason() : Wrong(member, "access");
    case Kind::kTyp:
      return IsOneOf(member.value, {"id", "id_token", "refresh", "refresh_token", "offline",
                                    "logout", "logout_token"})
                 ? Wrong(member, "that of an access token")
                 : Reason();
    case Kind::kOfAnotherToken:
      return Wrong(member, "absent: no access token has it");
    default:
      return {};
  }
}

void Builder::Append(const Member& member, Kind kind) {
  if (member.raw_name.size() != member.name.size() + 2) {  // it has escapes
    AppendName(member, kind);
    out_->bytes += member.value.raw;
    return;
  }
  out_->bytes += ',';
  out_->bytes += member.raw();
}

// A name that means something here is written plainly, so that whoever reads the answer can look
// for it without unescaping.
void Builder::AppendName(const Member& member, Kind kind) {
  std::string& bytes = out_->bytes;
  bytes += ',';
  if (kind == Kind::kExtension) {
    bytes += member.raw_name;
  } else {
    bytes += '"';
    bytes += member.name;
    bytes += '"';
  }
  bytes += ':';
}

// `string` was the last thing appended.
void Builder::Locate(const json::Value& string, Span16& span) {
  if (string.escaped()) {
    unescaped_.push_back({&span, string.string});
  } else {
    span.size = static_cast<std::uint16_t>(string.string.size());
    span.offset = static_cast<std::uint16_t>(out_->bytes.size() - 1 - span.size);
  }
}

Reason Builder::AddText(const Member& member, Field field) {
  if (member.value.type != Type::kString) return Wrong(member, "a string");
  if (origin_ == Origin::kJwt && HasNul(member.value.string)) {
    return Wrong(member, "without U+0000");
  }
  Append(member, Kind::kText);
  Locate(member.value, out_->fields[static_cast<std::size_t>(field)]);
  return {};
}

Reason Builder::AddTime(const Member& member, UnixSeconds& time) {
  if (origin_ == Origin::kJwt) return AddDate(member, time);
  if (!IsTime(member.value)) {
    return Wrong(member, "a whole number of seconds");
  }
  time = member.value.integer;
  Append(member, Kind::kTime);
  return {};
}

// Into elements_.
Reason Builder::ReadTexts(const Member& member) {
  elements_.clear();
  if (member.value.type == Type::kArray) {
    parser_.ElementsOf(member.value, elements_);
  } else {
    elements_.push_back(member.value);
  }
  for (const json::Value& element : elements_) {
    if (element.type != Type::kString) return Wrong(member, "a string or an array of strings");
  }
  return {};
}

Reason Builder::AddAudience(const Member& member) {
  if (Reason wrong = ReadTexts(member); !wrong.empty()) return wrong;
  AppendName(member, Kind::kAudience);
  std::string& bytes = out_->bytes;
  bytes += '[';
  out_->audiences.resize(elements_.size());
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    if (i > 0) bytes += ',';
    bytes += elements_[i].raw;
    Locate(elements_[i], out_->audiences[i]);
  }
  bytes += ']';
  return {};
}

Reason Builder::CheckTokenType(const Member& member) {
  has_token_type_ = true;
  return IsOneOf(member.value, {"bearer", "dpop"}) ? Reason() : Wrong(member, "Bearer or DPoP");
}

Reason Builder::CheckConfirmation(const Member& member) {
  if (member.value.type != Type::kObject) return Wrong(member, "an object");
  parser_.MembersOf(member.value, confirmation_);
  has_jkt_ = json::Find(confirmation_, "jkt") != nullptr;
  return {};
}

void Builder::Finish() {
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

}  // namespace introspectd::claims
