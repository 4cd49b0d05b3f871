#include "load/mix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "population/population.h"

namespace introspectd::load {
namespace {

constexpr UnixSeconds kNow = 1'700'000'000;
using Kind = Expectation::Kind;

// A file that goes with the test.
class File {
 public:
  explicit File(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("mix_test." + std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
    std::ofstream(path_) << text;
  }
  ~File() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

Population Read(const std::string& text) {
  const File file(text);
  auto read = Population::Read(file.path());
  EXPECT_TRUE(read.ok()) << read.status();
  return *std::move(read);
}

std::string ErrorOf(const std::string& text) {
  const File file(text);
  return std::string(Population::Read(file.path()).status().message());
}

constexpr const char* kLines =
    R"({"op":"upsert","token":"a","claims":{"exp":1800000000,"sub":"jane"}}
{"op":"upsert","token":"r","claims":{"exp":1800000000}}

{"op":"revoke","token":"r"}
{"op":"upsert","token":"r","claims":{"exp":1900000000}}
{"op":"upsert","token":"e","claims":{"exp":1600000000}}
{"op":"upsert","token":"eyJh.b.c","claims":{"exp":1800000000}}
{"op":"upsert","token":"a b","claims":{"exp":1700000001}}
{"op":"complete"}
)";

TEST(PopulationTest, KnowsWhatMustBeAnswered) {
  const Population population = Read(kLines);
  ASSERT_EQ(population.size(), 5u);
  const Kind kinds[] = {Kind::kActive, Kind::kInactive, Kind::kInactive, Kind::kActive,
                        Kind::kEither};
  const Sort sorts[] = {Sort::kActive, Sort::kRevoked, Sort::kExpired, Sort::kJwt, Sort::kActive};
  for (std::size_t i = 0; i < population.size(); ++i) {
    EXPECT_EQ(population.expectation(i, kNow).kind, kinds[i]) << i;
    EXPECT_EQ(population.sort(i, kNow), sorts[i]) << i;
  }
  EXPECT_EQ(population.expectation(0, kNow).subject, SubjectOf("\"jane\""));
  EXPECT_EQ(population.expectation(3, kNow).subject, 0u);
  EXPECT_EQ(population.token(4), "a+b");
  EXPECT_EQ(population.expectation(0, 1'800'000'003).kind, Kind::kInactive);
}

TEST(PopulationTest, RefusesLinesOfWhichNobodyCouldSayWhatTheyHit) {
  EXPECT_NE(ErrorOf("{\"op\":\"revoke\",\"sub\":\"x\"}\n").find(":1: does not say which token"),
            std::string::npos);
  EXPECT_NE(ErrorOf("\nx\n").find(":2: "), std::string::npos);
  EXPECT_NE(ErrorOf("").find("no tokens"), std::string::npos);
}

TEST(PopulationTest, IsWhatGenerateMakes) {
  const Generated options{.seed = 7, .tokens = 300, .revoked_share = 0.2, .now = kNow};
  const Population made = Population::Generate(options);
  const population::Population source({.seed = 7, .now = kNow, .revoked_share = 0.2});
  std::string lines;
  for (std::uint64_t i = 0; i < options.tokens; ++i) source.AppendUpdates(i, lines);
  const Population read = Read(lines);
  ASSERT_EQ(made.size(), read.size());
  int revoked = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    EXPECT_EQ(made.token(i), read.token(i));
    EXPECT_EQ(made.expectation(i, kNow).kind, read.expectation(i, kNow).kind) << i;
    if (made.sort(i, kNow) == Sort::kRevoked) ++revoked;
    if (made.sort(i, kNow) == Sort::kRevoked) continue;
    EXPECT_EQ(made.expectation(i, kNow).subject, read.expectation(i, kNow).subject) << i;
  }
  EXPECT_GT(revoked, 30);
}

TEST(MixTest, AsksInProportion) {
  const Population population = Read(kLines);
  Mix mix{.weights = *Mix::Parse("active=50,revoked=20,expired=10,jwt=5,unknown=10,garbage=5"),
          .zipf = {},
          .in_order = false};
  const auto sorted = Sorted::Make(population, mix, kNow);
  ASSERT_TRUE(sorted.ok());
  Chooser chooser(*sorted, mix, 1);
  std::map<std::string, int> counts;
  constexpr int kAsked = 20'000;
  for (int i = 0; i < kAsked; ++i) {
    Chooser::Choice choice;
    chooser.Choose(choice);
    chooser.LookUp(kNow, choice);
    const bool known = choice.index.has_value();
    counts[known ? std::string(choice.token) : choice.own.size() == 43 ? "unknown" : "garbage"]++;
    EXPECT_TRUE(known || choice.expected.kind == Kind::kInactive);
  }
  const auto share = [&](const char* name) { return counts[name] * 100.0 / kAsked; };
  EXPECT_NEAR(share("a") + share("a+b"), 50, 2);
  EXPECT_NEAR(share("r"), 20, 2);
  EXPECT_NEAR(share("e"), 10, 1);
  EXPECT_NEAR(share("eyJh.b.c"), 5, 1);
  EXPECT_NEAR(share("unknown"), 10, 1);
  EXPECT_NEAR(share("garbage"), 5, 1);
}

TEST(MixTest, InOrderEachComesOnceBeforeAnyComesAgain) {
  const Population population = Read(kLines);
  const Mix mix{.weights = {}, .zipf = {}, .in_order = true};
  const auto sorted = Sorted::Make(population, mix, kNow);
  ASSERT_TRUE(sorted.ok());
  Chooser chooser(*sorted, mix, 1);
  for (std::size_t i = 0; i < 2 * population.size(); ++i) {
    Chooser::Choice choice;
    chooser.Choose(choice);
    EXPECT_EQ(choice.index, i % population.size());
  }
}

TEST(MixTest, IsRefusedWhenItCannotBe) {
  EXPECT_FALSE(Mix::Parse("active").ok());
  EXPECT_FALSE(Mix::Parse("active=-1").ok());
  EXPECT_FALSE(Mix::Parse("actve=1").ok());
  EXPECT_FALSE(Mix::Parse("active=0").ok());
  const Population population = Read(R"({"op":"revoke","token":"r"})");
  EXPECT_FALSE(Sorted::Make(population, {.weights = *Mix::Parse("active=1")}, kNow).ok());
  EXPECT_TRUE(Sorted::Make(population, {.weights = *Mix::Parse("revoked=1")}, kNow).ok());
}

// Against the shares that follow from the definition.
TEST(ZipfTest, RanksAreAsLikelyAsTheyShouldBe) {
  for (const double exponent : {0.5, 0.99, 1.0, 1.5}) {
    constexpr std::uint64_t kRanks = 50;
    constexpr int kDrawn = 200'000;
    const Zipf zipf(kRanks, exponent);
    population::Random random(3, 0, 0);
    std::vector<int> counts(kRanks);
    for (int i = 0; i < kDrawn; ++i) counts.at(zipf(random))++;
    double sum = 0;
    for (std::uint64_t k = 1; k <= kRanks; ++k) sum += std::pow(static_cast<double>(k), -exponent);
    for (std::uint64_t k = 1; k <= kRanks; ++k) {
      const double expected = kDrawn * std::pow(static_cast<double>(k), -exponent) / sum;
      EXPECT_NEAR(counts[k - 1], expected, 5 * std::sqrt(expected)) << k << " of " << exponent;
    }
  }
}

TEST(ZipfTest, OneRankIsThatOne) {
  population::Random random(3, 0, 0);
  EXPECT_EQ(Zipf(1, 0.99)(random), 0u);
}

}  // namespace
}  // namespace introspectd::load
