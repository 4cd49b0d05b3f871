// The clients that the tokens of a population are issued to: what all tokens of one client share.
//
// Threads: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "population/random.h"

namespace introspectd::population {

inline constexpr std::size_t kClients = 384;

// Of every token: its `iss`, and the first of its `aud`.
inline constexpr std::string_view kIssuer = "https://server.example.com/";
inline constexpr std::string_view kAudience = "https://api.example/";

// Members are kept as the JSON text that they become, so that a line is put together from pieces.
struct Client {
  std::string id_member;            // {"client_id":"orders-web"
  std::vector<std::string> scopes;  // ,"scope":"..."; one to three
  std::string audience_and_issuer;  // ,"aud":[...],"iss":"..."
  std::string last_members;         // ,"token_type":"Bearer" and what comes after it
  std::int64_t lifetime_s = 0;      // of its tokens: 300..86400
  bool for_people = false;          // tokens have a username
  bool with_session = false;        // ... and a sid
  bool with_nbf = false;
  bool with_extended_claims = false;
};

class Catalogue {
 public:
  explicit Catalogue(std::uint64_t seed);

  // Some clients are far busier than others: the k-th gets a share in proportion to 1/k.
  const Client& Choose(Random& random) const;

 private:
  std::vector<Client> clients_;
  std::vector<std::uint32_t> busy_;  // busy_[k]: the share of the first k+1 clients, of 2^32
};

}  // namespace introspectd::population
