// Random numbers that are a function of their seed on every machine, unlike the standard library's
// distributions.
//
// Threads: one Random, one thread; it costs nothing to make.
// Source:  SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>
#include <span>

namespace introspectd::population {

constexpr std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class Random {
 public:
  // The stream of things number `index` of kind `salt`; streams do not resemble each other.
  constexpr Random(std::uint64_t seed, std::uint64_t salt, std::uint64_t index)
      : state_(Mix(Mix(Mix(seed + kStep) + salt * kStep) + index * kStep)) {}

  constexpr std::uint64_t Next() { return Mix(state_ += kStep); }

  // 0 .. below-1; below in 1..2^32. The bias of at most 2^-32 does not matter here.
  constexpr std::uint64_t Below(std::uint64_t below) { return ((Next() >> 32) * below) >> 32; }

  // With a probability of percent/100.
  constexpr bool Chance(std::uint64_t percent) { return Below(100) < percent; }

  template <class T>
  constexpr const T& Pick(std::span<const T> choices) {
    return choices[Below(choices.size())];
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15u;

  std::uint64_t state_;
};

}  // namespace introspectd::population
