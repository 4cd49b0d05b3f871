#include "update/format.h"

#include <algorithm>
#include <variant>

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

void AppendUpsert(const Record& record, UnixSeconds now, UnixSeconds end, std::string& out) {
  JsonWriter json = Open("upsert", out);
  json.Key("token_sha256").String(Base64Url(record.digest().bytes));
  if (record.kind() == Record::Kind::kClaims && now < record.exp()) {
    AppendClaims(record.answer(), json);
  } else {  // of claims that are over, only what they outrank matters
    json.Key("claims").BeginObject().Key("exp").Integer(record.exp()).EndObject();
    json.Key("claims_sha256").String(Base64Url(record.rank()));
  }
  json.Key("sequence").Unsigned(record.sequence()).Key("end").Integer(end);
  Close(json, out);
}

void AppendRevocation(const TokenDigest& digest, std::uint64_t sequence, Record::Memory memory,
                      std::string& out) {
  JsonWriter json = Open("revoke", out);
  json.Key("token_sha256").String(Base64Url(digest.bytes));
  json.Key("sequence").Unsigned(sequence);
  json.Key("known").Bool(memory.known).Key("end").Integer(memory.end);
  Close(json, out);
}

// Writes one update, kind by kind.
struct UpdateWriter {
  UnixSeconds now;
  std::string& out;

  Written operator()(const token::Upsert& upsert) const {
    const Record& record = *upsert.record;
    const UnixSeconds end = std::max(upsert.end, record.exp());
    AppendUpsert(record, now, end, out);
    return {1, std::max(end, now) + Record::kRememberedAfterEnd_s};
  }
  Written operator()(const token::RevokeToken& revoke) const {
    AppendRevocation(revoke.digest, revoke.sequence, revoke.memory, out);
    return {1, std::max(revoke.memory.end, now) + Record::kRememberedAfterEnd_s};
  }
  Written operator()(const token::RevokeJti& revoke) const {
    const token::RuleValue value{0, revoke.end, revoke.sequence};
    return {AppendJti(revoke.key, value, now, out), revoke.end};
  }
  Written operator()(const token::AddRule& rule) const {
    Written written{0, rule.end};
    for (const std::string& key : rule.keys) {
      const token::RuleValue value{rule.issued_before, rule.end, rule.sequence};
      written.lines += AppendRule(key, value, now, out);
    }
    return written;
  }
};

}  // namespace

void AppendPosition(std::uint64_t sequence, std::string_view issuer, std::string_view log,
                    std::string& out) {
  JsonWriter json = Open("position", out);
  json.Key("issuer").String(issuer);
  json.Key("sequence").Unsigned(sequence);
  if (!log.empty()) json.Key("log").Raw(log);
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
  if (revocation) {
    AppendRevocation(record.digest(), record.sequence(), record.memory(), out);
  } else {
    AppendUpsert(record, now, record.end(), out);
  }
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

Written AppendUpdate(const token::Update& update, UnixSeconds now, std::string& out) {
  return std::visit(UpdateWriter{now, out}, update);
}

Written AppendSign(Sign sign, std::uint64_t sequence, UnixSeconds ends, std::string& out) {
  JsonWriter json = Open(sign == Sign::kHeartbeat ? "heartbeat" : "complete", out);
  json.Key("sequence").Unsigned(sequence);
  Close(json, out);
  return {1, ends};
}

}  // namespace introspectd::update
