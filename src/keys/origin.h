// Brings the text of one owner's keys from where the configuration says that they are: there, in a
// file, at a URL, or wherever the issuer's metadata says.
//
// Threads: the control loop's.
// Owner:   shared, since answers come late; they are not told once the owner let go.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "fetch/fetcher.h"
#include "introspectd/time.h"
#include "keys/owner.h"

namespace introspectd::keys {

struct Brought {
  fetch::Document document;
  Now asked;  // when it was asked for
};

class Origin : public std::enable_shared_from_this<Origin> {
 public:
  struct Services {
    fetch::Fetcher& fetcher;
    // Calls it in the loop's next turn.
    std::function<void(std::function<void()> action)> later;
    std::function<Now()> now;
  };
  using Done = std::function<void(absl::StatusOr<Brought>)>;

  // `services` is borrowed.
  Origin(const Services& services, Owner owner);

  bool is_file() const { return !owner_.jwks_file.empty(); }
  bool is_configured() const { return !owner_.jwks.empty(); }  // they stand there themselves
  // Whether `owner` is the same, and says the same of where the keys are.
  bool Equals(const Owner& owner) const;

  // At once; of a file, or of keys that stand in the configuration.
  absl::StatusOr<Brought> Read() const;

  // One at a time. `done` is called later.
  void Bring(Done done);

 private:
  bool found() const { return !found_uri_.empty(); }
  fetch::Fetcher::Request RequestOf(const std::string& url) const;
  void GetKeys(const std::string& url);
  void OnKeys(absl::StatusOr<fetch::Document> document, Now asked);
  void Discover();
  void GetMetadata(const std::string& url, const std::string& next_url, const std::string& errors);
  void OnFound(const std::string& uri);
  void Finish(absl::StatusOr<Brought> result);

  const Services& services_;
  const Owner owner_;
  Done done_;
  std::string found_uri_;  // by the metadata; "" when it is to be looked for
  std::int64_t find_again_ms_ = 0;
};

}  // namespace introspectd::keys
