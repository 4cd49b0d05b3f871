// What a look-up costs, with its whole answer copied out, at so many tokens of the sample
// population; one at a time, and together as the workers do it.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "introspectd/store.h"
#include "introspectd/update.h"
#include "population/population.h"

namespace introspectd {
namespace {

constexpr UnixSeconds kNow = 1'800'000'000;
constexpr std::size_t kAsked = std::size_t{1} << 20;
constexpr std::size_t kOutputBytes = 64 * 1024;
constexpr std::size_t kFetchedTogether = 32;

// A store of `tokens` tokens, and some of them in no order.
class Filled {
 public:
  explicit Filled(std::size_t tokens) : store_({.issuer = "https://server.example.com/"}) {
    const population::Population population({.seed = 1, .now = kNow});
    Updater updater(store_);
    std::string line;
    for (std::size_t i = 0; i < tokens; ++i) {
      line.clear();
      population.AppendUpdates(i, line);
      line.pop_back();
      const std::string wrong =
          updater.Apply(line, {.any_issuer = true}, {kNow * kMicrosPerSecond});
      if (!wrong.empty()) {
        std::cerr << wrong << "\n";
        std::exit(1);
      }
      if (i % 1000 == 0) updater.Publish();
    }
    updater.Publish();
    std::vector<TokenDigest> digests;
    for (std::size_t i = 0; i < tokens; ++i) {
      digests.push_back(TokenDigest::Of(population.Token(i)));
    }
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < kAsked; ++i) asked_.push_back(digests[random() % tokens]);
  }

  // The same one for every benchmark of so many tokens; one at a time, since they are large.
  static Filled& Of(std::size_t tokens) {
    static std::size_t held = 0;
    static std::unique_ptr<Filled> filled;
    if (std::exchange(held, tokens) != tokens) {
      filled.reset();
      filled = std::make_unique<Filled>(tokens);
    }
    return *filled;
  }

  Store& store() { return store_; }
  const TokenDigest& asked(std::size_t i) const { return asked_[i % kAsked]; }

 private:
  Store store_;
  std::vector<TokenDigest> asked_;
};

// Answers are appended as a worker does.
class Output {
 public:
  void Append(std::string_view answer) {
    if (at_ + answer.size() > kOutputBytes) at_ = 0;
    std::memcpy(bytes_.data() + at_, answer.data(), answer.size());
    at_ += answer.size();
    benchmark::ClobberMemory();
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(kOutputBytes);
  std::size_t at_ = 0;
};

void OneByOne(benchmark::State& state) {
  Filled& filled = Filled::Of(static_cast<std::size_t>(state.range(0)));
  Store::Reader reader(filled.store());
  const Store::Visit visit(reader);
  Output output;
  std::size_t i = 0;
  for (auto _ : state) output.Append(reader.Find(filled.asked(i++), kNow).token.answer());
  state.SetItemsProcessed(state.iterations());
}

void Together(benchmark::State& state) {
  Filled& filled = Filled::Of(static_cast<std::size_t>(state.range(0)));
  Store::Reader reader(filled.store());
  const Store::Visit visit(reader);
  Output output;
  std::size_t i = 0;
  for (auto _ : state) {
    if (i % kFetchedTogether == 0) {
      for (std::size_t j = 0; j < kFetchedTogether; ++j) reader.Prefetch(filled.asked(i + j));
      for (std::size_t j = 0; j < kFetchedTogether; ++j) reader.PrefetchRecord(filled.asked(i + j));
    }
    output.Append(reader.Find(filled.asked(i++), kNow).token.answer());
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(OneByOne)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(Together)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace introspectd

BENCHMARK_MAIN();
