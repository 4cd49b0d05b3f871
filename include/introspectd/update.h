// Updates: what issuers and cache warmers say, one JSON object a line (NDJSON).
//
//   {"op":"upsert","token":"2YotnFZFEjr1zCsicMWpAA","claims":{"client_id":"c","exp":1419356238}}
//   {"op":"revoke","token_sha256":"…"}
//   {"op":"revoke","sub":"Z5O3upPC88QrAjx00dis","issued_before":1419350238}
//
// The state is a lattice: the higher sequence wins, revocation is final, a line that comes twice
// changes nothing. So lines may come in any order, and from several feeds at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/store.h"
#include "introspectd/time.h"

namespace introspectd {

// Who pushes, and what for.
struct Pusher {
  bool may_upsert = true;
  bool may_revoke = true;
  bool any_issuer = false;
  std::vector<std::string> issuers;  // whose tokens it may change, unless any_issuer

  bool SpeaksFor(std::string_view issuer) const;
};

// Applies lines to a store, for programs that link the engine.
//
// Threads: the store's writing thread.
class Updater {
 public:
  explicit Updater(Store& store, std::size_t line_bytes_max = 16'384);
  ~Updater();

  // Applies one line, without its line end. Returns what is wrong with it, without any of its
  // values; empty when it was applied. Not visible before Publish().
  [[nodiscard]] std::string Apply(std::string_view line, const Pusher& pusher, Now now);

  // Makes everything applied so far visible to every look-up that begins after the return. Waits
  // for readers that are inside.
  void Publish();

  // Lets go of tokens that are over, in a 4,096th part of the store or a part of that, and of some
  // rules. Takes effect with Publish(). True: another call should follow at once; otherwise one
  // every 25 ms or so sees the whole store in two minutes. A look-up judges by the time whether or
  // not it is called, but without it memory only grows.
  bool Sweep(Now now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace introspectd
