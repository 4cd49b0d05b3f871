#include "update/format.h"

#include "text/base64.h"
#include "text/json_writer.h"

namespace introspectd::update {

namespace {

using text::JsonWriter;
using token::Record;

template <class Bytes>
std::string Base64Url(const Bytes& bytes) {
  return text::EncodeBase64Url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void Close(JsonWriter& json, std::string& out) {
  json.EndObject();
  out += '\n';
}

JsonWriter Open(std::string_view op, std::string& out) {
  JsonWriter json(out);
  json.BeginObject().Key("op").String(op);
  return json;
}

// The answer without `"active":true,`.
void AppendClaims(std::string_view answer, JsonWriter& json) {
  constexpr std::string_view kActive = R"({"active":true)";
  std::string claims(answer.substr(kActive.size()));
  claims.front() = '{';
  json.Key("claims").Raw(claims);
}

}  // namespace

void AppendPosition(std::uint64_t sequence, std::string_view issuer, std::string& out) {
  JsonWriter json = Open("position", out);
  json.Key("issuer").String(issuer);
  json.Key("sequence").Unsigned(sequence);
  Close(json, out);
}

void AppendEnd(std::uint64_t lines, std::string& out) {
  JsonWriter json = Open("end", out);
  json.Key("lines").Unsigned(lines);
  Close(json, out);
}

std::size_t AppendRecord(const Record& record, UnixSeconds now, std::string& out) {
  if (now >= record.end()) return 0;
  const bool revocation = record.kind() == Record::Kind::kRevocation;
  const bool live = record.kind() == Record::Kind::kClaims && now < record.exp();
  JsonWriter json = Open(revocation ? "revoke" : "upsert", out);
  json.Key("token_sha256").String(Base64Url(record.digest().bytes));
  if (live) AppendClaims(record.answer(), json);
  if (!live && !revocation) {  // of claims that are over, only what they outrank matters
    json.Key("claims").BeginObject().Key("exp").Integer(record.exp()).EndObject();
    json.Key("claims_sha256").String(Base64Url(record.rank()));
  }
  json.Key("sequence").Unsigned(record.sequence());
  if (revocation) json.Key("known").Bool(record.memory().known);
  json.Key("end").Integer(record.end());
  Close(json, out);
  return 1;
}

std::size_t AppendRule(const std::string& key, const token::RuleValue& value, UnixSeconds now,
                       std::string& out) {
  if (now >= value.end) return 0;
  const token::RuleMembers members = token::MembersOf(key);
  JsonWriter json = Open("revoke", out);
  const auto member = [&json](std::string_view name, std::optional<std::string_view> text) {
    if (text) json.Key(name).String(*text);
  };
  member("iss", members.iss);
  member("sub", members.sub);
  member("client_id", members.client_id);
  member("sid", members.sid);
  json.Key("issued_before").Integer(value.issued_before);
  json.Key("sequence").Unsigned(value.sequence).Key("end").Integer(value.end);
  Close(json, out);
  return 1;
}

std::size_t AppendJti(const std::string& key, const token::RuleValue& value, UnixSeconds now,
                      std::string& out) {
  if (now >= value.end) return 0;
  const auto [iss, jti] = token::IssAndJtiOf(key);
  JsonWriter json = Open("revoke", out);
  json.Key("iss").String(iss).Key("jti").String(jti);
  json.Key("sequence").Unsigned(value.sequence).Key("end").Integer(value.end);
  Close(json, out);
  return 1;
}

}  // namespace introspectd::update
