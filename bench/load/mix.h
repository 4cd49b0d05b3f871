// Which tokens are asked about, and how often.
//
// Threads: a Mix is immutable; one Chooser, one thread.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/population.h"
#include "population/random.h"

namespace introspectd::load {

// Ranks from a Zipf distribution: rank k is asked for in proportion to 1 / (k+1)^exponent.
//
// Source: rejection-inversion, Hörmann and Derflinger 1996. Cost: some two logarithms a rank.
class Zipf {
 public:
  // `count` at least 1; `exponent` above 0.
  Zipf(std::uint64_t count, double exponent);
  std::uint64_t operator()(population::Random& random) const;

 private:
  double Integral(double x) const;
  double InverseIntegral(double y) const;
  double Density(double x) const;

  double count_;
  double exponent_;
  double first_;  // the integral up to the first rank
  double last_;
  double shift_;
};

struct Mix {
  // Of 100 requests, or of whatever they add up to; none: all of the population, each as likely.
  struct Weights {
    std::array<double, kSorts> sorts{};
    double unknown = 0;
    double garbage = 0;
  };
  std::optional<Weights> weights;
  std::optional<double> zipf;  // the exponent
  bool in_order = false;       // instead: one after the other, each once before any comes again

  // "active=90,revoked=4,expired=1,unknown=3,garbage=1,jwt=1".
  static absl::StatusOr<Weights> Parse(std::string_view text);
};

// The indices of a population by sort, for those sorts that a mix asks for.
class Sorted {
 public:
  // InvalidArgument when the mix asks for what there is none of.
  static absl::StatusOr<Sorted> Make(const Population& population, const Mix& mix, UnixSeconds now);

  const Population& population() const { return *population_; }
  const std::vector<std::uint32_t>& of(Sort sort) const {
    return indices_[static_cast<std::size_t>(sort)];
  }

 private:
  const Population* population_ = nullptr;
  std::array<std::vector<std::uint32_t>, kSorts> indices_;
};

// One token after the other.
class Chooser {
 public:
  struct Choice {
    std::string_view token;  // in form encoding; borrowed from the population, or from `own`
    Expectation expected;
    std::optional<std::size_t> index;  // in the population
    std::string own;
  };

  Chooser(const Sorted& sorted, const Mix& mix, std::uint64_t seed);

  // In two steps, so that memory has time to come between them: which, and what is known of it.
  void Choose(Choice& choice);
  void LookUp(UnixSeconds now, Choice& choice) const;

 private:
  void ChooseKnown(const std::vector<std::uint32_t>* among, const std::optional<Zipf>& zipf,
                   Choice& choice);
  void MakeUnknown(Choice& choice);
  void MakeGarbage(Choice& choice);

  const Sorted& sorted_;
  population::Random random_;
  std::array<double, kSorts + 2> cumulative_{};  // sorts, unknown, garbage; all 0: no mix
  bool mixed_ = false;
  std::optional<std::uint64_t> next_;  // in order
  std::array<std::optional<Zipf>, kSorts> zipfs_;
  std::optional<Zipf> zipf_of_all_;
};

}  // namespace introspectd::load
