// A line of updates (contract section 5), as far as this program must understand it.
//
// Threads: one reader, one thread.
// Limits:  longer lines than kLineBytesMax are left to the server, which refuses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/token.h"
#include "json/document.h"

namespace introspectd::cli {

struct UpdateLine {
  std::string_view op;  // borrowed from the reader until the next Read
  std::optional<std::int64_t> sequence;
  bool has_sequence = false;          // also when it is not one
  std::optional<TokenDigest> digest;  // of `token` or `token_sha256`
  std::string_view issuer;            // claims.iss; of a position, that of tokens that name none
};

class UpdateLineReader {
 public:
  static constexpr std::size_t kLineBytesMax = 65'536;

  UpdateLineReader();

  // None when the line is no JSON object with a string `op`.
  std::optional<UpdateLine> Read(std::string_view line);

 private:
  json::Parser parser_;
  std::vector<json::Member> claims_;
};

std::string DigestText(const TokenDigest& digest);  // 22 characters

// Appends `line`, which holds a JSON object with members, with `sequence` as its last one.
void AppendWithSequence(std::string_view line, std::int64_t sequence, std::string& out);

}  // namespace introspectd::cli
