// What the payload of a JWT may say otherwise than an issuer that pushes.
#include <array>

#include "claims/builder.h"
#include "claims/numeric_date.h"
#include "claims/wrong.h"
#include "fmt/format.h"

namespace introspectd::claims {

using json::Member;
using json::Type;
using token::Field;

namespace {

// In the order in which they are asked (contract 4.5).
constexpr std::array<std::string_view, 3> kClientNames{"azp", "cid", "appid"};

}  // namespace

void Builder::PlanJwt(const std::vector<Member>& members) {
  scope_ = json::Find(members, "scope");
  if (scope_ == nullptr) scope_ = json::Find(members, "scp");
  client_ = nullptr;
  if (json::Find(members, "client_id") != nullptr) return;
  for (const std::string_view name : kClientNames) {
    if (client_ == nullptr) client_ = json::Find(members, name);
  }
}

Reason Builder::AddDate(const Member& member, UnixSeconds& time) {
  const json::Value& value = member.value;
  const auto date = NumericDateOf(value, &time == &out_->exp ? Rounding::kDown : Rounding::kUp);
  if (!date) return Wrong(member, "a number of seconds");
  time = *date;
  if (value.type == Type::kInteger && value.raw[0] != '-') {  // as it will be written
    Append(member, Kind::kTime);
    return {};
  }
  AppendName(member, Kind::kTime);
  fmt::format_to(std::back_inserter(out_->bytes), "{}", time);
  return {};
}

Reason Builder::AddScopes(const Member& member) {
  if (Reason wrong = ReadTexts(member); !wrong.empty()) return wrong;
  scopes_.clear();
  std::string& bytes = out_->bytes;
  bytes += R"(,"scope":")";
  const std::size_t begin = bytes.size();
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    const json::Value& scope = elements_[i];
    if (HasNul(scope.string)) return Wrong(member, "without U+0000");
    if (i > 0) {
      bytes += ' ';
      scopes_ += ' ';
    }
    bytes += scope.raw.substr(1, scope.raw.size() - 2);
    scopes_ += scope.string;
  }
  if (bytes.size() > token::Span16::kAbsent) return "claims are too large";
  token::Span16& span = out_->fields[static_cast<std::size_t>(Field::kScope)];
  if (bytes.size() - begin == scopes_.size()) {
    span = {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(scopes_.size())};
  } else {
    unescaped_.push_back({&span, scopes_});
  }
  bytes += '"';
  return {};
}

Reason Builder::AddClient() {
  if (client_->value.type != Type::kString || HasNul(client_->value.string)) {
    return Wrong(*client_, "a string");
  }
  out_->bytes += R"(,"client_id":)";
  out_->bytes += client_->value.raw;
  Locate(client_->value, out_->fields[static_cast<std::size_t>(Field::kClientId)]);
  return {};
}

}  // namespace introspectd::claims
