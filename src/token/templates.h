// All templates, and the values that records share.
//
// Threads: At and values: any reader of a record that names them; everything else: one at a time.
// Limits:  32,767 templates, 8 of one hint; 64 MiB together with the values. What comes beyond is
//          packed without.
//
// A template is made from a token like those that were seen before it: from the second of a shape,
// from the fourth of a client with a scope. It goes with its last record; its number is given out
// again then, since nobody can see a record that names it any more.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "token/packed_record.h"
#include "token/shared_values.h"
#include "token/template.h"

namespace introspectd::token {

class Templates {
 public:
  Templates() : templates_(new std::unique_ptr<const Template>[PackedRecord::kTemplatesMax + 1u]) {}

  const Template& At(TemplateId id) const { return *templates_[id]; }
  const SharedValues& values() const { return values_; }
  SharedValues& values() { return values_; }

  // A template for this record, with what stands in its holes; kPlain when there is none. May make
  // one.
  TemplateId Find(const Record& record, Template::Holes& holes);
  void Use(TemplateId id) { ++uses_[id]; }
  // `record` is gone from everybody's sight.
  void Release(const PackedRecord& record);

  std::size_t bytes() const { return bytes_ + values_.bytes(); }
  std::size_t size() const { return uses_.size() - 1 - free_.size(); }

 private:
  static constexpr std::size_t kOfOneHint = 8;
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;
  using Candidates = std::vector<TemplateId>;

  TemplateId Find(const Record& record, Candidates& candidates, Template::Holes& holes);
  TemplateId Make(const Record& record, Scale scale, Template::Holes& holes);
  void Drop(TemplateId id);

  // Read by those that read records: an element changes only while nobody can see its number.
  std::unique_ptr<std::unique_ptr<const Template>[]> templates_;
  std::vector<std::uint32_t> uses_{0};
  std::vector<TemplateId> free_;
  absl::flat_hash_map<std::uint64_t, Candidates> by_hint_;
  Sightings sightings_{8192};
  SharedValues values_;
  std::size_t bytes_ = 0;
};

}  // namespace introspectd::token
