// What all TLS connections of a plane have in common on one loop: certificate and key, protocols,
// how sessions are resumed, who is asked for a certificate.
//
// Threads: made aside and handed over; then one loop's.
// Source:  RFC 8446, RFC 5246, RFC 7301 (ALPN), RFC 5077; RFC 9325 (what is still good enough).
//
// Sessions are resumed by ticket alone: nothing is kept here for a client that has gone. The keys
// of tickets follow from a secret of the process and from the hour, so that loops never have to
// agree on new ones. A ticket is of use where it came from: on the same plane, while clients are
// asked for certificates in the same way, for one to two hours.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "introspectd/config.h"
#include "introspectd/time.h"

struct ssl_ctx_st;

namespace introspectd::tls {

// An instance of OpenSSL for one loop: loops that shake hands meet in none of its locks. A context
// may be made with it meanwhile.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Whether clients are asked for a certificate. None has to have one.
enum class AskClients : std::uint8_t {
  kNo,
  kForThoseOfTheCa,  // those that client_ca issued
  kForAny,           // self-signed ones, too
};

// What is wrong with one of the files, and of which option.
struct Problem {
  std::string_view option;
  std::string sentence;
};
// Cost: some milliseconds.
std::optional<Problem> Check(const TlsConfig& config, UnixSeconds now);

class TicketKeys {
 public:
  struct Key {
    std::int64_t hour = -1;
    std::array<std::uint8_t, 16> name{};  // stands in the ticket
    crypto::Sha256 cipher{};
    crypto::Sha256 mac{};
  };

  explicit TicketKeys(const crypto::ProcessKey& secret) : secret_(secret) {}

  const Key& ForNew(UnixSeconds now) { return Of(now / kHour_s); }
  // Null: no ticket of now or the hour before has that name.
  const Key* Find(std::string_view name, UnixSeconds now);

  static constexpr std::int64_t kHour_s = 3600;

 private:
  const Key& Of(std::int64_t hour);

  const crypto::ProcessKey secret_;
  std::array<Key, 2> keys_;  // by the hour's last bit
};

class Context {
 public:
  struct Options {
    std::string_view plane;
    AskClients ask_clients = AskClients::kNo;
    crypto::ProcessKey ticket_secret{};  // of all loops
  };

  // `config` was checked.
  Context(std::shared_ptr<const Library> library, const TlsConfig& config, const Options& options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Equal where the same certificates of clients are believed.
  const crypto::Sha256& client_settings() const { return client_settings_; }

  // For engines.
  ssl_ctx_st* raw() const;

  struct Impl;

 private:
  const std::shared_ptr<const Library> library_;
  const crypto::Sha256 client_settings_;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd::tls
