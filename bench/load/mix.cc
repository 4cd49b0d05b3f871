#include "load/mix.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "text/ascii.h"
#include "text/form.h"

namespace introspectd::load {

namespace {

constexpr std::array<const char*, kSorts> kSortNames{"active", "revoked", "expired", "jwt"};
constexpr std::size_t kTokenBytes = 43;
constexpr std::size_t kGarbageBytesMax = 200;

double Uniform(population::Random& random) {
  return static_cast<double>(random.Next() >> 11) * 0x1p-53;
}

double* WeightNamed(Mix::Weights& weights, std::string_view name) {
  for (std::size_t i = 0; i < kSorts; ++i) {
    if (name == kSortNames[i]) return &weights.sorts[i];
  }
  if (name == "unknown") return &weights.unknown;
  return name == "garbage" ? &weights.garbage : nullptr;
}

}  // namespace

Zipf::Zipf(std::uint64_t count, double exponent)
    : count_(static_cast<double>(count)), exponent_(exponent) {
  first_ = Integral(1.5) - 1;
  last_ = Integral(count_ + 0.5);
  shift_ = 2 - InverseIntegral(Integral(2.5) - Density(2));
}

double Zipf::Density(double x) const { return std::exp(-exponent_ * std::log(x)); }

double Zipf::Integral(double x) const {
  const double one_less = 1 - exponent_;
  const double log = std::log(x);
  return std::abs(one_less) < 1e-9 ? log : std::expm1(one_less * log) / one_less;
}

double Zipf::InverseIntegral(double y) const {
  const double one_less = 1 - exponent_;
  return std::exp(std::abs(one_less) < 1e-9 ? y : std::log1p(y * one_less) / one_less);
}

std::uint64_t Zipf::operator()(population::Random& random) const {
  while (true) {
    const double y = last_ + Uniform(random) * (first_ - last_);
    const double x = InverseIntegral(y);
    const double rank = std::min(std::max(std::floor(x + 0.5), 1.0), count_);
    if (rank - x <= shift_ || y >= Integral(rank + 0.5) - Density(rank)) {
      return static_cast<std::uint64_t>(rank) - 1;
    }
  }
}

absl::StatusOr<Mix::Weights> Mix::Parse(std::string_view text) {
  Weights weights;
  double sum = 0;
  while (!text.empty()) {
    std::string_view part = text::TakeUntil(text, ',');
    const std::string_view name = text::TakeUntil(part, '=');
    double* const weight = WeightNamed(weights, name);
    const auto value = text::ParseInteger<std::uint32_t>(part);
    if (weight == nullptr || !value) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\" is no part of a mix; allowed: active, revoked, expired, unknown, "
                      "garbage, jwt, each =NUMBER",
                      name));
    }
    *weight = *value;
    sum += *weight;
  }
  if (sum == 0) return absl::InvalidArgumentError("a mix of nothing");
  return weights;
}

absl::StatusOr<Sorted> Sorted::Make(const Population& population, const Mix& mix, UnixSeconds now) {
  Sorted sorted;
  sorted.population_ = &population;
  if (!mix.weights) return sorted;
  for (std::size_t i = 0; i < population.size(); ++i) {
    const auto sort = static_cast<std::size_t>(population.sort(i, now));
    if (mix.weights->sorts[sort] > 0) {
      sorted.indices_[sort].push_back(static_cast<std::uint32_t>(i));
    }
  }
  for (std::size_t sort = 0; sort < kSorts; ++sort) {
    if (mix.weights->sorts[sort] > 0 && sorted.indices_[sort].empty()) {
      return absl::InvalidArgumentError(
          fmt::format("the mix asks for \"{}\", and the population has none", kSortNames[sort]));
    }
  }
  return sorted;
}

Chooser::Chooser(const Sorted& sorted, const Mix& mix, std::uint64_t seed)
    : sorted_(sorted), random_(seed, 0, 0), mixed_(mix.weights.has_value()) {
  if (!mixed_) {
    if (mix.in_order) next_ = 0;
    if (mix.zipf) zipf_of_all_.emplace(sorted.population().size(), *mix.zipf);
    return;
  }
  double sum = 0;
  for (std::size_t i = 0; i < kSorts; ++i) {
    cumulative_[i] = sum += mix.weights->sorts[i];
    const auto& indices = sorted.of(static_cast<Sort>(i));
    if (mix.zipf && !indices.empty()) zipfs_[i].emplace(indices.size(), *mix.zipf);
  }
  cumulative_[kSorts] = sum += mix.weights->unknown;
  cumulative_[kSorts + 1] = sum += mix.weights->garbage;
}

void Chooser::Choose(Choice& choice) {
  choice.index.reset();
  if (!mixed_) return ChooseKnown(nullptr, zipf_of_all_, choice);
  const double at = Uniform(random_) * cumulative_.back();
  for (std::size_t i = 0; i < kSorts; ++i) {
    if (at >= cumulative_[i]) continue;
    return ChooseKnown(&sorted_.of(static_cast<Sort>(i)), zipfs_[i], choice);
  }
  at < cumulative_[kSorts] ? MakeUnknown(choice) : MakeGarbage(choice);
}

void Chooser::ChooseKnown(const std::vector<std::uint32_t>* among, const std::optional<Zipf>& zipf,
                          Choice& choice) {
  const Population& population = sorted_.population();
  const std::uint64_t count = among != nullptr ? among->size() : population.size();
  const std::uint64_t rank = next_  ? (*next_)++ % count
                             : zipf ? (*zipf)(random_)
                                    : random_.Below(count);
  choice.index = among != nullptr ? (*among)[rank] : rank;
  population.Prefetch(*choice.index);
}

void Chooser::LookUp(UnixSeconds now, Choice& choice) const {
  if (!choice.index) return;
  choice.token = sorted_.population().token(*choice.index);
  choice.expected = sorted_.population().expectation(*choice.index, now);
  __builtin_prefetch(choice.token.data());
  __builtin_prefetch(choice.token.data() + choice.token.size() - 1);
}

// As those of the population look; that it is one of them is less likely than a broken disk.
void Chooser::MakeUnknown(Choice& choice) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  choice.own.resize(kTokenBytes);
  for (char& c : choice.own) c = kAlphabet[random_.Below(kAlphabet.size())];
  choice.token = choice.own;
  choice.expected = {Expectation::Kind::kInactive, 0};
}

// Anything that is text, so that it is an unknown token and not a malformed request.
void Chooser::MakeGarbage(Choice& choice) {
  std::string bytes(1 + random_.Below(kGarbageBytesMax), ' ');
  for (char& c : bytes) c = static_cast<char>(0x21 + random_.Below(0x7f - 0x21));
  choice.own = text::EncodeForm(bytes);
  choice.token = choice.own;
  choice.expected = {Expectation::Kind::kInactive, 0};
}

}  // namespace introspectd::load
