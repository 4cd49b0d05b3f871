// Random update lines about few tokens, so that they meet in every way that contract 5 speaks of.
//
// Threads: values.
#pragma once

#include <string>
#include <vector>

#include "fmt/core.h"
#include "population/random.h"
#include "update/node.h"

namespace introspectd::update {

class RandomUpdates {
 public:
  static constexpr int kTokens = 8;

  explicit RandomUpdates(std::uint64_t seed) : random_(seed, 0, 0) {}

  static std::string Token(int i) { return fmt::format("token-{}", i); }

  std::vector<std::string> Lines(std::size_t count) {
    std::vector<std::string> lines;
    while (lines.size() < count) lines.push_back(Line());
    return lines;
  }

 private:
  std::string Line() {
    switch (random_.Below(8)) {
      case 0:
        return fmt::format(R"({{"op":"revoke","token":"{}",{}}})", SomeToken(), Sequence());
      case 1:
        return fmt::format(R"({{"op":"revoke","iss":"{}","jti":"{}",{}}})", Issuer(), Text(),
                           Sequence());
      case 2:
      case 3:
        return Rule();
      default:
        return fmt::format(R"({{"op":"upsert","token":"{}","claims":{},{}}})", SomeToken(),
                           Claims(), Sequence());
    }
  }

  std::string Rule() {
    std::string line = R"({"op":"revoke")";
    const std::uint64_t shape = 1 + random_.Below(7);
    if (shape & 1) line += fmt::format(R"(,"sub":"{}")", Text());
    if (shape & 2) line += fmt::format(R"(,"client_id":"{}")", Text());
    if (shape & 4) line += fmt::format(R"(,"sid":"{}")", Text());
    if (random_.Chance(50)) line += fmt::format(R"(,"iss":"{}")", Issuer());
    if (random_.Chance(50)) line += fmt::format(R"(,"issued_before":{})", Past());
    return line + "," + Sequence() + "}";
  }

  std::string Claims() {
    const UnixSeconds exp = Node::kNow - 400 + Below(1700);
    std::string claims = fmt::format(R"({{"exp":{})", exp);
    if (random_.Chance(60)) {
      claims += fmt::format(R"(,"iat":{})", std::max(Past(), exp - Node::kLifetimeMax));
    }
    if (random_.Chance(20)) claims += fmt::format(R"(,"nbf":{})", Node::kNow - 100 + Below(200));
    if (random_.Chance(50)) claims += fmt::format(R"(,"iss":"{}")", Issuer());
    for (const char* name : {"sub", "client_id", "sid", "jti"}) {
      if (random_.Chance(60)) claims += fmt::format(R"(,"{}":"{}")", name, Text());
    }
    return claims + "}";
  }

  // Few, so that there are ties; some of an issuer that counts its updates from 1 on.
  std::string Sequence() {
    const std::int64_t base = random_.Chance(50) ? 1 : Node::kNow * kMicrosPerSecond;
    return fmt::format(R"("sequence":{})", base + Below(4));
  }
  std::string SomeToken() { return Token(static_cast<int>(random_.Below(kTokens))); }
  std::string Issuer() { return random_.Chance(70) ? Node::kIssuer : "https://other/"; }
  std::string Text() { return random_.Chance(50) ? "a" : random_.Chance(50) ? R"(\u0062\n)" : ""; }
  std::int64_t Past() { return Node::kNow - 300 + Below(350); }
  std::int64_t Below(std::uint64_t below) {
    return static_cast<std::int64_t>(random_.Below(below));
  }

  population::Random random_;
};

}  // namespace introspectd::update
