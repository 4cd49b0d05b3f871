// What comes out of packing is what went in: for fuzz targets.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "token/packer.h"
#include "token/stored_record.h"

namespace introspectd::fuzz {

// Holds the last few records, so that templates are made, shared, and let go of.
class Packing {
 public:
  void Add(const token::Claims& claims) {
    for (int i = 0; i < kTimes; ++i) {
      const auto record = token::Record::Upsert(TokenDigest::Of("t"), ++sequence_, claims);
      held_.emplace_back(Packed(*record), Everything(*record));
      Check(held_.back());
    }
    while (held_.size() > kHeld) {
      Check(held_.front());
      templates_.Release(In(held_.front().first));
      held_.pop_front();
    }
  }

 private:
  using Block = std::vector<std::uint64_t>;
  using Held = std::pair<Block, std::string>;
  static constexpr int kTimes = 5;  // so often that a template is made
  static constexpr std::size_t kHeld = 64;

  static const token::PackedRecord& In(const Block& block) {
    return *reinterpret_cast<const token::PackedRecord*>(block.data());
  }
  Block Packed(const token::Record& record) {
    const token::PackedRecord& packed = packer_.Pack(record);
    Block block(packed.allocated_bytes() / sizeof(std::uint64_t));
    std::memcpy(block.data(), static_cast<const void*>(&packed), packed.allocated_bytes());
    return block;
  }
  static std::string Everything(const token::Record& record) {
    std::string all;
    token::StoredRecord::Append(record, all);
    return all;
  }
  void Check(const Held& held) {
    CHECK(Everything(unpacker_.Unpack(In(held.first))) == held.second);
  }

  token::Templates templates_;
  token::Packer packer_{templates_};
  token::Unpacker unpacker_{templates_};
  std::deque<Held> held_;
  std::uint64_t sequence_ = 0;
};

}  // namespace introspectd::fuzz
