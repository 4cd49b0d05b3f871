#include "schema/schema.h"

#include <string_view>

#include "base/check.h"
#include "schema/schema_text.h"

namespace introspectd::schema {

namespace {

// An E'' literal means the same whatever standard_conforming_strings says.
std::string Literal(std::string_view text) {
  std::string literal = "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal += c;
    literal += c;
  }
  return literal + "'";
}

void Fill(std::string& sql, std::string_view place, std::string_view value) {
  const std::size_t at = sql.find(place);
  CHECK(at != std::string::npos);
  sql.replace(at, place.size(), value);
}

}  // namespace

std::string Script(const Options& options) {
  std::string sql(kText);
  // The issuer is filled in last: it may look like a place.
  Fill(sql, "{{version}}", std::to_string(kVersion));
  Fill(sql, "{{token_lifetime_max_s}}", std::to_string(options.token_lifetime_max_s));
  Fill(sql, "{{line_bytes_max}}", std::to_string(options.line_bytes_max));
  Fill(sql, "{{issuer}}", Literal(options.issuer));
  return sql;
}

}  // namespace introspectd::schema
