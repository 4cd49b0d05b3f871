// Between the two forms of a record.
//
// Threads: one Packer, or Unpacker, one thread; see Templates for what several may do at once.
// Cost:    some 100 ns each way for an answer of usual size; no allocation in the steady state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "token/packed_record.h"
#include "token/record.h"
#include "token/templates.h"

namespace introspectd::token {

class Packer {
 public:
  explicit Packer(Templates& templates) : templates_(templates) {}  // borrowed

  // Borrowed until the next call: allocated_bytes() of it are to be copied. Its template and the
  // values that it shares are counted as used, until Templates::Release.
  const PackedRecord& Pack(const Record& record);

 private:
  TemplateId WriteClaims(const Record& record);
  void WritePlain(const Record& record);

  Templates& templates_;
  std::string values_;
  std::vector<std::uint32_t> shared_used_;
  Template::Holes holes_;
  std::vector<std::uint64_t> block_;
};

class Unpacker {
 public:
  explicit Unpacker(const Templates& templates);

  // Borrowed until the next call.
  const Record& Unpack(const PackedRecord& packed);

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  void ReadPlain(const char* values);
  Record& record() { return *static_cast<Record*>(memory_.get()); }

  const Templates& templates_;
  std::unique_ptr<void, Free> memory_;
};

}  // namespace introspectd::token
