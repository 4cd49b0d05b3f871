#include "token/templates.h"

#include <algorithm>
#include <utility>

namespace introspectd::token {

namespace {

// A client's template takes more memory than it saves on a token or two.
constexpr std::uint32_t SightingsFor(Scale scale) { return scale == Scale::kClient ? 4 : 2; }

}  // namespace

TemplateId Templates::Find(const Record& record, Template::Holes& holes) {
  for (const Scale scale : {Scale::kClient, Scale::kShape}) {
    const std::uint64_t hint = Template::HintOf(record, scale);
    if (const auto known = by_hint_.find(hint); known != by_hint_.end()) {
      const TemplateId id = Find(record, known->second, holes);
      if (id != kPlain) return id;
      if (known->second.size() >= kOfOneHint) continue;
    }
    if (sightings_.Count(hint) < SightingsFor(scale)) continue;
    const TemplateId id = Make(record, scale, holes);
    if (id != kPlain) return id;
  }
  return kPlain;
}

// What matched last is tried first.
TemplateId Templates::Find(const Record& record, Candidates& candidates, Template::Holes& holes) {
  for (TemplateId& id : candidates) {
    if (!At(id).Match(record, holes)) continue;
    std::swap(id, candidates.front());
    return candidates.front();
  }
  return kPlain;
}

TemplateId Templates::Make(const Record& record, Scale scale, Template::Holes& holes) {
  if (bytes() >= kBytesMax) return kPlain;
  if (free_.empty() && uses_.size() > PackedRecord::kTemplatesMax) return kPlain;
  std::optional<Template> made = Template::Of(record, scale);
  if (!made || !made->Match(record, holes)) return kPlain;
  if (free_.empty()) {
    free_.push_back(static_cast<TemplateId>(uses_.size()));
    uses_.push_back(0);
  }
  const TemplateId id = free_.back();
  free_.pop_back();
  bytes_ += made->bytes();
  by_hint_[made->hint()].push_back(id);
  templates_[id] = std::make_unique<const Template>(*std::move(made));
  return id;
}

void Templates::Release(const PackedRecord& record) {
  const TemplateId id = record.template_id();
  if (id == kPlain) return;
  At(id).Release(record.lives().values, values_);
  if (--uses_[id] == 0) Drop(id);
}

void Templates::Drop(TemplateId id) {
  const auto known = by_hint_.find(At(id).hint());
  std::erase(known->second, id);
  if (known->second.empty()) by_hint_.erase(known);
  bytes_ -= At(id).bytes();
  templates_[id].reset();
  free_.push_back(id);
}

}  // namespace introspectd::token
