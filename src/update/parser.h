// The update parser: one line of NDJSON (contract 5) into an update of the store.
//
// Threads: one parser, one thread.
// Limits:  line_bytes_max(); 16 levels of nesting.
// Source:  contract 5. Lines are judged once, on entry; what one node tells another (Origin::kNode)
//          is only checked for its form. There, a rule without `iss` is one of every issuer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "claims/builder.h"
#include "introspectd/time.h"
#include "introspectd/update.h"
#include "json/document.h"
#include "token/update.h"

namespace introspectd::update {

using claims::Reason;

struct Heartbeat {
  std::uint64_t sequence = 0;
};
struct Complete {
  std::uint64_t sequence = 0;
};
struct Position {
  std::uint64_t sequence = 0;
  std::string log;  // that of a replication log, as its follower wrote it; "" when there is none
};
struct End {
  std::uint64_t lines = 0;
};
struct Refused {
  Reason reason;
};
using Line = std::variant<Refused, token::Update, Heartbeat, Complete, Position, End>;

enum class Origin : std::uint8_t { kPusher, kNode };

struct ParserOptions {
  std::string issuer;  // of tokens that name none
  std::int64_t token_lifetime_max_s = 2'592'000;
  std::size_t line_bytes_max = 16'384;
};

class Parser {
 public:
  explicit Parser(const ParserOptions& options);

  // `sequence` is for a line that brings none. The line is borrowed until return, without its line
  // end. Nothing of it is kept but what the update holds; never the token.
  Line Parse(std::string_view line, const Pusher& pusher, Origin origin, std::uint64_t sequence,
             UnixMicros now);

  // Whether the line that was parsed last had a sequence of its own.
  bool brought_sequence() const { return brought_sequence_; }

  // Where records are made from here on; none: each in a block of its own. Borrowed.
  void SetSlab(token::RecordSlab* slab) { slab_ = slab; }

  // How long a line of this origin may be. One that a node tells is somebody's line, and what nodes
  // have added to it: digest, sequence, end, the defaults of members, an issuer.
  std::size_t line_bytes_max(Origin origin) const;

  static constexpr std::size_t kDepthMax = 16;

 private:
  static constexpr std::size_t kNodeAddsBytesMax = 4096;

  struct Context {
    const Pusher& pusher;
    Origin origin;
    std::uint64_t sequence;
    UnixMicros now;
    UnixSeconds seconds() const { return now / kMicrosPerSecond; }
  };

  Line ParseUpsert(Context& context);
  Line ParseRevoke(Context& context);
  Line RevokeToken(const Context& context);
  Line RevokeJti(const Context& context);
  Line AddRule(const Context& context);
  Line ParsePosition();
  Line ParseEnd();

  Reason CheckMembers(std::initializer_list<std::string_view> allowed, Origin origin,
                      std::initializer_list<std::string_view> from_nodes) const;
  Reason ReadSequence(Context& context);
  Reason ReadDigest(TokenDigest& digest) const;
  Reason ReadText(std::string_view name, std::optional<std::string_view>& text) const;
  Reason ReadTime(std::string_view name, UnixSeconds& time) const;
  UnixSeconds LastEffect(const Context& context, UnixSeconds time) const;
  // From its entry to the last moment at which a token can be good.
  std::int64_t longest_life_s() const {
    return options_.token_lifetime_max_s + token::Record::kRememberedAfterEnd_s;
  }
  Reason CheckLifetime(const Context& context) const;
  Reason CheckIssuer(const Context& context, std::string_view issuer) const;

  const ParserOptions options_;
  json::Parser json_;
  claims::Builder builder_;
  token::Claims claims_;
  token::RecordSlab* slab_ = nullptr;
  bool brought_sequence_ = false;
};

// Makes of a line that brought no sequence, and was parsed with `estimate`, what it would be if it
// had been parsed with `sequence`.
void GiveSequence(Line& line, std::uint64_t estimate, std::uint64_t sequence);

}  // namespace introspectd::update
