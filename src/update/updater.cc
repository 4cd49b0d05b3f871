#include <algorithm>

#include "introspectd/update.h"
#include "token/writer.h"
#include "update/parser.h"

namespace introspectd {

bool Pusher::SpeaksFor(std::string_view issuer) const {
  return any_issuer || std::find(issuers.begin(), issuers.end(), issuer) != issuers.end();
}

struct Updater::Impl {
  Impl(token::Writer& store_writer, std::size_t line_bytes_max)
      : writer(store_writer),
        parser({.issuer = writer.options().issuer,
                .token_lifetime_max_s = writer.options().token_lifetime_max_s,
                .line_bytes_max = line_bytes_max}) {}

  token::Writer& writer;
  update::Parser parser;
};

Updater::Updater(Store& store, std::size_t line_bytes_max)
    : impl_(std::make_unique<Impl>(store.writer(), line_bytes_max)) {}
Updater::~Updater() { Publish(); }

std::string Updater::Apply(std::string_view line, const Pusher& pusher, Now now) {
  update::Line parsed = impl_->parser.Parse(line, pusher, update::Origin::kPusher,
                                            impl_->writer.EntrySequence(now.wall_us), now.wall_us);
  if (auto* refused = std::get_if<update::Refused>(&parsed)) return std::move(refused->reason);
  if (auto* change = std::get_if<token::Update>(&parsed)) {
    impl_->writer.Stage(std::move(*change), now.seconds());
  }
  return {};
}

bool Updater::Sweep(Now now) { return impl_->writer.StageSweep(now.seconds()); }

void Updater::Publish() { impl_->writer.PublishAndSettle(); }

}  // namespace introspectd
