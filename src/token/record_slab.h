// Memory for many records that are made together and go at about the same time.
//
// Threads: one at a time: records may be made on one and, once handed over, freed on another.
//
// Why: a record that one thread allocates and another frees takes the lock of malloc's arena twice,
// and there are half a million of them a second. The slab is allocated and freed once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace introspectd::token {

class alignas(16) RecordSlab {  // as malloc's memory is, and what lies behind it
 public:
  // Whoever makes records in it; the slab goes with its last record, or with its maker.
  class Maker {
   public:
    explicit Maker(std::size_t bytes) : slab_(Make(bytes)) {}
    ~Maker() { slab_->Release(); }
    Maker(const Maker&) = delete;
    Maker& operator=(const Maker&) = delete;
    RecordSlab* get() const { return slab_; }

   private:
    RecordSlab* const slab_;
  };

  // nullptr: there is no room. Every allocation is released once.
  void* Allocate(std::size_t bytes);
  void Release();

 private:
  explicit RecordSlab(std::size_t bytes) : room_(bytes) {}
  static RecordSlab* Make(std::size_t bytes);

  std::size_t room_;
  std::size_t used_ = 0;
  std::size_t users_ = 1;
};

}  // namespace introspectd::token
