#include "keys/origin.h"

#include <fmt/core.h>

#include <tuple>
#include <utility>

#include "jose/jwk.h"
#include "keys/key_file.h"
#include "keys/metadata.h"

namespace introspectd::keys {

namespace {

// An issuer may move its keys, and the old place may go on answering.
constexpr std::int64_t kFindAgain_ms = 3'600'000;

auto PlaceIn(const Owner& owner) {
  return std::tie(owner.is_client, owner.name, owner.jwks, owner.jwks_uri, owner.jwks_file,
                  owner.ca_file, owner.proxy);
}

absl::Status WithContext(std::string_view context, const absl::Status& status) {
  return absl::Status(status.code(), fmt::format("{} {}", context, std::string(status.message())));
}

}  // namespace

Origin::Origin(const Services& services, Owner owner)
    : services_(services), owner_(std::move(owner)) {}

bool Origin::Equals(const Owner& owner) const { return PlaceIn(owner) == PlaceIn(owner_); }

void Origin::Bring(Done done) {
  done_ = std::move(done);
  if (is_file()) {
    services_.later([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Finish(self->Read());
    });
    return;
  }
  if (!owner_.jwks_uri.empty()) return GetKeys(owner_.jwks_uri);
  if (found() && services_.now().boot_ms < find_again_ms_) return GetKeys(found_uri_);
  Discover();
}

void Origin::Finish(absl::StatusOr<Brought> result) {
  const Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

absl::StatusOr<Brought> Origin::Read() const {
  const Now now = services_.now();
  if (is_configured()) return Brought{{owner_.jwks, {}}, now};
  auto text = ReadKeyFile(owner_.jwks_file, jose::kJwkSetBytesMax);
  if (!text.ok()) return WithContext(owner_.jwks_file, text.status());
  return Brought{{*std::move(text), {}}, now};
}

fetch::Fetcher::Request Origin::RequestOf(const std::string& url) const {
  return {.url = url,
          .ca_file = owner_.ca_file,
          .proxy = owner_.proxy,
          .bytes_max = std::max(jose::kJwkSetBytesMax, kMetadataBytesMax)};
}

void Origin::GetKeys(const std::string& url) {
  services_.fetcher.Get(RequestOf(url), [weak = weak_from_this(), asked = services_.now()](
                                            absl::StatusOr<fetch::Document> document) {
    if (const auto self = weak.lock()) self->OnKeys(std::move(document), asked);
  });
}

void Origin::OnKeys(absl::StatusOr<fetch::Document> document, Now asked) {
  if (!document.ok()) {
    found_uri_.clear();
    return Finish(document.status());
  }
  Finish(Brought{*std::move(document), asked});
}

void Origin::Discover() {
  auto urls = MetadataUrlsOf(owner_.name);
  if (urls.ok()) return GetMetadata((*urls)[0], (*urls)[1], "");
  services_.later([weak = weak_from_this(), wrong = urls.status()] {
    if (const auto self = weak.lock()) self->Finish(wrong);
  });
}

// `next_url` is "" for the last one; `errors` are those of the ones before.
void Origin::GetMetadata(const std::string& url, const std::string& next_url,
                         const std::string& errors) {
  services_.fetcher.Get(RequestOf(url), [weak = weak_from_this(), next_url,
                                         errors](absl::StatusOr<fetch::Document> document) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    const auto uri = document.ok() ? JwksUriOf(document->body, self->owner_.name)
                                   : absl::StatusOr<std::string>(document.status());
    if (uri.ok()) return self->OnFound(*uri);
    const std::string all = errors + std::string(uri.status().message());
    if (!next_url.empty()) return self->GetMetadata(next_url, "", all + "; ");
    if (self->found()) return self->OnFound(self->found_uri_);  // it was good an hour ago
    self->Finish(absl::UnavailableError(all));
  });
}

void Origin::OnFound(const std::string& uri) {
  found_uri_ = uri;
  find_again_ms_ = services_.now().boot_ms + kFindAgain_ms;
  GetKeys(uri);
}

}  // namespace introspectd::keys
