// What is done with the store, by readers and by the control loop.

#include "introspectd/store.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "api/export_source.h"
#include "base/check.h"
#include "budget/operation.h"
#include "introspectd/update.h"
#include "population/population.h"
#include "population/random.h"
#include "support/world.h"
#include "text/base64.h"
#include "token/writer.h"

namespace introspectd::budget {
namespace {

constexpr Now kNow{.wall_us = kStart * kMicrosPerSecond, .boot_ms = 1};
constexpr std::size_t kTokensInShard = 8;

// The store has room for more than ever comes, since a shard that grows costs what many tokens do.
class OnStore : public Operation {
 protected:
  OnStore() {
    store_.writer().BeginLoad(400'000);
    store_.writer().EndLoad();
  }

  void Apply(std::string_view line) {
    CHECK(updater_.Apply(line, {.any_issuer = true}, kNow).empty());
  }

  // Puts so many tokens into each of the first `shards` shards.
  void Fill(std::size_t shards, std::size_t tokens_in_shard) {
    for (std::size_t shard = 0; shard < shards; ++shard) {
      for (std::size_t i = 0; i < tokens_in_shard; ++i) {
        std::string line = R"({"op":"upsert","token_sha256":")" +
                           DigestIn(shard, shard * tokens_in_shard + i) + R"(","claims":)";
        population_.AppendClaims(shard * tokens_in_shard + i, line);
        Apply(line + "}");
      }
    }
    updater_.Publish();
  }

  // What upserts token `i`.
  std::string Line(std::size_t i) const {
    std::string line;
    population_.AppendUpdates(i, line);
    line.pop_back();
    return line;
  }

  const population::Population population_{{.seed = 1, .now = kStart}};
  Store store_{{.issuer = std::string(support::kIssuer)}};
  Updater updater_{store_};

 private:
  static std::string DigestIn(std::size_t shard, std::size_t i) {
    TokenDigest digest;
    const std::uint64_t tag = population::Mix(i + 1);
    std::memcpy(digest.bytes.data(), &shard, sizeof shard);
    std::memcpy(digest.bytes.data() + sizeof shard, &tag, sizeof tag);
    CHECK(token::Table::ShardOf(digest) == shard);
    return text::EncodeBase64Url(
        {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
  }
};

// A digest's record found, judged, and its answer copied out.
class LookUp final : public OnStore {
 public:
  explicit LookUp(std::size_t /*times*/) {
    for (std::size_t i = 0; i < kTokens; ++i) {
      Apply(Line(i));
      digests_.push_back(TokenDigest::Of(population_.Token(i)));
    }
    updater_.Publish();
    reader_.Enter();
  }
  ~LookUp() override { reader_.Leave(); }

  void Do(std::size_t i) override {
    const Store::Finding finding = reader_.Find(digests_[i % kTokens], kStart);
    if (finding.state != TokenState::kActive) return;
    ++active_;
    out_.assign(finding.token.answer());
  }
  bool Did(std::size_t times) override { return active_ == times; }

 private:
  static constexpr std::size_t kTokens = 256;

  Store::Reader reader_{store_};
  std::vector<TokenDigest> digests_;
  std::size_t active_ = 0;
  std::string out_;
};

// Lines that are applied one by one, and made visible kTogether at a time.
class Pushed : public OnStore {
 public:
  static constexpr std::size_t kTogether = 1000;

  void Do(std::size_t i) override {
    Apply(lines_[i]);
    if ((i + 1) % kTogether == 0) updater_.Publish();
  }

 protected:
  std::vector<std::string> lines_;
};

// Of tokens that are new, and like others that are there.
class Upserts final : public Pushed {
 public:
  explicit Upserts(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) lines_.push_back(Line(i));
    for (std::size_t i = 0; i < kOthers; ++i) Apply(Line(times + i));
    updater_.Publish();
  }
  bool Did(std::size_t times) override { return store_.status().tokens == times + kOthers; }

 private:
  static constexpr std::size_t kOthers = 10'000;
};

// Of tokens that are there.
class Revocations final : public Pushed {
 public:
  explicit Revocations(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      Apply(Line(i));
      lines_.push_back(support::Revoke(population_.Token(i)));
      lines_.back().pop_back();
    }
    updater_.Publish();
  }
  bool Did(std::size_t times) override {
    return store_.status().revocations == times && store_.status().tokens == 0;
  }
};

// Of a shard with kTokensInShard tokens, all of which are over.
class Sweep final : public OnStore {
 public:
  explicit Sweep(std::size_t times) {
    Fill(times, kTokensInShard);
    CHECK(store_.status().tokens == times * kTokensInShard);
  }

  void Do(std::size_t /*i*/) override {
    updater_.Sweep(kLongAfter);
    updater_.Publish();
  }
  bool Did(std::size_t /*times*/) override { return store_.status().tokens == 0; }

 private:
  static constexpr Now kLongAfter{.wall_us = (kStart + 1'000'000) * kMicrosPerSecond, .boot_ms = 1};
};

// The lines of a shard with kTokensInShard tokens.
class Export final : public OnStore {
 public:
  explicit Export(std::size_t times) {
    Fill(times, kTokensInShard);
    source_.Pull(out_, kNow);  // the first line
  }

  void Do(std::size_t /*i*/) override {
    out_.clear();
    source_.Pull(out_, kNow);
    lines_ += static_cast<std::size_t>(std::count(out_.begin(), out_.end(), '\n'));
  }
  bool Did(std::size_t times) override { return lines_ == times * kTokensInShard; }

 private:
  api::ExportSource source_{store_.writer(), ""};
  std::string out_;
  std::size_t lines_ = 0;
};

template <class Type>
std::unique_ptr<Operation> Make(std::size_t times) {
  return std::make_unique<Type>(times);
}

constexpr Named kStoreOperations[] = {
    {"look-up", 256, 1024, Make<LookUp>},
    {"upsert", Pushed::kTogether, Pushed::kTogether, Make<Upserts>},
    {"revocation", Pushed::kTogether, Pushed::kTogether, Make<Revocations>},
    {"sweep-of-eight-tokens", 32, 128, Make<Sweep>},
    {"export-of-eight-tokens", 32, 128, Make<Export>},
};

}  // namespace

std::span<const Named> StoreOperations() { return kStoreOperations; }

}  // namespace introspectd::budget
