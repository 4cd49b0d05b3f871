#include "token/record_slab.h"

#include <cstdlib>
#include <new>

#include "base/check.h"

namespace introspectd::token {

namespace {

constexpr std::size_t kAlignment = 16;

}  // namespace

RecordSlab* RecordSlab::Make(std::size_t bytes) {
  static_assert(sizeof(RecordSlab) % 8 == 0);
  void* const memory = std::malloc(sizeof(RecordSlab) + kAlignment + bytes);
  CHECK(memory != nullptr);
  return new (memory) RecordSlab(bytes);
}

void* RecordSlab::Allocate(std::size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes > room_ - used_) return nullptr;
  const auto begin = reinterpret_cast<std::uintptr_t>(this + 1);
  const std::uintptr_t aligned = (begin + kAlignment - 1) / kAlignment * kAlignment;
  void* const memory = reinterpret_cast<void*>(aligned + used_);
  used_ += bytes;
  ++users_;
  return memory;
}

void RecordSlab::Release() {
  if (--users_ == 0) std::free(this);
}

}  // namespace introspectd::token
