#include "token/record_slab.h"

#include <cstdlib>
#include <new>

#include "base/check.h"

namespace introspectd::token {

RecordSlab* RecordSlab::Make(std::size_t bytes) {
  void* const memory = std::malloc(sizeof(RecordSlab) + bytes);
  CHECK(memory != nullptr);
  return new (memory) RecordSlab(bytes);
}

void* RecordSlab::Allocate(std::size_t bytes) {
  constexpr std::size_t kAlignment = alignof(RecordSlab);
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes > room_ - used_) return nullptr;
  void* const memory = reinterpret_cast<char*>(this + 1) + used_;
  used_ += bytes;
  ++users_;
  return memory;
}

void RecordSlab::Release() {
  if (--users_ == 0) std::free(this);
}

}  // namespace introspectd::token
