// Lines as issuers might write them: good ones, ones with a fault, and ones that are hardly JSON.
//
// Threads: one owner; the same seed gives the same lines for the same `now`.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "introspectd/time.h"

namespace introspectd::schema {

class RandomLines {
 public:
  RandomLines(std::uint64_t seed, UnixSeconds now);

  std::string Next();

 private:
  std::size_t Below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  bool OneIn(std::size_t count) { return Below(count) == 0; }
  const std::string& Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }

  std::string Line();
  std::string Claims();
  std::string Member(const std::string& name, const std::string& value);
  std::string Value(const std::vector<std::string>& good);
  std::string Name(const std::string& name);
  std::string Object(const std::vector<std::string>& members);
  std::string Space() { return OneIn(12) ? Pick(spaces_) : ""; }
  void Damage(std::string& line);

  std::mt19937_64 random_;
  std::vector<std::string> spaces_;
  std::vector<std::string> anything_;  // JSON, most of it
  std::vector<std::string> pieces_;    // of JSON, to be put in anywhere
  std::vector<std::string> strings_;
  std::vector<std::string> times_;
  std::vector<std::string> sequences_;
  std::vector<std::string> digests_;
  std::vector<std::string> issuers_;
};

}  // namespace introspectd::schema
