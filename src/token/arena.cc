#include "token/arena.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "base/check.h"
#include "token/pages.h"

namespace introspectd::token {

namespace {

constexpr std::size_t kSegmentBytes = kHugePage;
constexpr std::size_t kBlockMax = std::size_t{128} << 10;
constexpr std::size_t kLargeMin = 4096;  // larger blocks have groups of their own

// Classes of block sizes: steps of 8 bytes, then of 64, then of 1,024.
constexpr std::size_t kFineMax = 512;
constexpr std::size_t kFineClasses = kFineMax / 8;
constexpr std::size_t kMiddleClasses = (kLargeMin - kFineMax) / 64;
constexpr std::size_t kClasses = kFineClasses + kMiddleClasses + (kBlockMax - kLargeMin) / 1024;

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

constexpr SizeClass ClassOf(std::size_t bytes) {
  if (bytes <= kFineMax) {
    const std::size_t index = bytes == 0 ? 0 : (bytes - 1) / 8;
    return {index, (index + 1) * 8};
  }
  if (bytes <= kLargeMin) {
    const std::size_t index = (bytes - kFineMax - 1) / 64;
    return {kFineClasses + index, kFineMax + (index + 1) * 64};
  }
  const std::size_t index = (bytes - kLargeMin - 1) / 1024;
  return {kFineClasses + kMiddleClasses + index, kLargeMin + (index + 1) * 1024};
}
static_assert(ClassOf(kBlockMax).index == kClasses - 1 && ClassOf(kBlockMax).bytes == kBlockMax);

constexpr std::uint64_t kNoTimeLeft = 1024;  // s; less counts as this

}  // namespace

// Stands at the beginning of its own memory.
class Arena::Segment {
 public:
  static constexpr std::size_t kWorthLooking = kSegmentBytes / 32;  // free bytes

  Segment(Group& group, bool huge) : group_(&group), huge_(huge) {}

  static Segment& Of(void* block) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return *reinterpret_cast<Segment*>(address / kSegmentBytes * kSegmentBytes);
  }

  // Nullptr: no room.
  char* Take(SizeClass size) {
    if (free_[size.index] != 0) return TakeFree(size.index, size.bytes);
    if (kSegmentBytes - used_ >= size.bytes) {
      char* block = begin() + used_;
      used_ += static_cast<std::uint32_t>(size.bytes);
      ++blocks_;
      return block;
    }
    return Split(size);
  }

  void Put(void* block, SizeClass size) {
    AddFree(static_cast<char*>(block), size.index, size.bytes);
    --blocks_;
  }

  bool empty() const { return blocks_ == 0; }
  bool huge() const { return huge_; }
  bool has_holes() const { return free_bytes_ >= kWorthLooking; }
  std::size_t used() const { return huge_ ? kSegmentBytes : used_; }
  Group& group() const { return *group_; }
  void set_group(Group& group) { group_ = &group; }

  bool listed = false;  // among the group's holed ones

 private:
  char* begin() { return reinterpret_cast<char*>(this); }

  // The offset of the next block of the class stands in each.
  void AddFree(char* block, std::size_t index, std::size_t bytes) {
    new (block) std::uint32_t(free_[index]);
    free_[index] = static_cast<std::uint32_t>(block - begin());
    free_bytes_ += static_cast<std::uint32_t>(bytes);
  }

  // The next one is on its way until it is asked for.
  char* TakeFree(std::size_t index, std::size_t bytes) {
    char* block = begin() + free_[index];
    free_[index] = *reinterpret_cast<std::uint32_t*>(block);
    __builtin_prefetch(begin() + free_[index], 1);
    free_bytes_ -= static_cast<std::uint32_t>(bytes);
    ++blocks_;
    return block;
  }

  // From a larger free block of the fine sizes; what is left of it stays free.
  char* Split(SizeClass size) {
    for (std::size_t index = size.index + 1; index < kFineClasses; ++index) {
      if (free_[index] == 0) continue;
      const std::size_t whole = (index + 1) * 8;
      char* block = TakeFree(index, whole);
      const std::size_t rest = whole - size.bytes;
      AddFree(block + size.bytes, ClassOf(rest).index, rest);
      return block;
    }
    return nullptr;
  }

  Group* group_;
  std::uint32_t used_ = (sizeof(Segment) + 63) / 64 * 64;  // from the beginning
  std::uint32_t blocks_ = 0;                               // in use
  std::uint32_t free_bytes_ = 0;
  bool huge_;
  std::array<std::uint32_t, kClasses> free_{};
};

Arena::~Arena() {
  for (const auto& [key, group] : groups_) {
    for (Segment* segment : group->segments) Unmap(*segment);
  }
}

Arena::Group& Arena::GroupFor(UnixSeconds end, UnixSeconds now, std::size_t bytes) {
  const auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(end - now, 0));
  // Of the span's length, log2.
  const auto shift = static_cast<unsigned>(std::bit_width(std::max(left, kNoTimeLeft))) - 5;
  const std::uint64_t span = static_cast<std::uint64_t>(std::max<std::int64_t>(end, 0)) >> shift;
  const std::uint64_t key =
      span << 8 | static_cast<std::uint64_t>(shift) << 1 | (bytes > kLargeMin ? 1 : 0);
  std::unique_ptr<Group>& group = groups_[key];
  if (group == nullptr) group = std::make_unique<Group>();
  return *group;
}

void* Arena::Allocate(std::size_t bytes, UnixSeconds end, UnixSeconds now) {
  CHECK(bytes <= kBlockMax);
  if (kPlainMalloc) {
    bytes_ += bytes;
    return plain_.Allocate(bytes);
  }
  const SizeClass size = ClassOf(bytes);
  Group& group = GroupFor(end, now, bytes);
  for (Segment* segment = group.current;; segment = &NextSegment(group)) {
    if (segment == nullptr) continue;
    const std::size_t before = segment->used();
    char* block = segment->Take(size);
    if (block == nullptr) continue;
    bytes_ += segment->used() - before;
    return block;
  }
}

// One in which much came free, or a new one.
Arena::Segment& Arena::NextSegment(Group& group) {
  if (group.holed.empty()) return NewSegment(group);
  group.current = group.holed.back();
  group.holed.pop_back();
  group.current->listed = false;
  return *group.current;
}

// The first one of a group takes small pages: many groups have but a few records.
Arena::Segment& Arena::NewSegment(Group& group) {
  const bool huge = !group.segments.empty();
  char* memory = huge ? pages_.Take() : MapPages(kSegmentBytes, kSegmentBytes);
  group.current = new (memory) Segment(group, huge);
  group.segments.push_back(group.current);
  bytes_ += group.current->used();
  return *group.current;
}

void Arena::Unmap(Segment& segment) {
  char* const memory = reinterpret_cast<char*>(&segment);
  segment.huge() ? pages_.GiveBack(memory) : UnmapPages(memory, kSegmentBytes);
}

void Arena::Free(void* block, std::size_t bytes) {
  if (kPlainMalloc) {
    bytes_ -= bytes;
    return plain_.Free(block);
  }
  Segment& segment = Segment::Of(block);
  segment.Put(block, ClassOf(bytes));
  if (segment.empty()) return GiveBack(segment);
  Group& group = segment.group();
  if (segment.listed || !segment.has_holes() || group.current == &segment) return;
  segment.listed = true;
  group.holed.push_back(&segment);
}

void Arena::GiveBack(Segment& segment) {
  Group& group = segment.group();
  if (group.current == &segment) group.current = nullptr;
  if (segment.listed) std::erase(group.holed, &segment);
  std::erase(group.segments, &segment);
  bytes_ -= segment.used();
  Unmap(segment);
  if (!group.segments.empty()) return;
  absl::erase_if(groups_, [&group](const auto& entry) { return entry.second.get() == &group; });
}

void Arena::TakeOver(Arena& other) {
  for (auto& [key, theirs] : other.groups_) {
    std::unique_ptr<Group>& mine = groups_[key];
    if (mine == nullptr) mine = std::make_unique<Group>();
    for (Segment* segment : theirs->segments) {
      segment->set_group(*mine);
      mine->segments.push_back(segment);
    }
    mine->holed.insert(mine->holed.end(), theirs->holed.begin(), theirs->holed.end());
    // What is left of a segment in use is as good as what came free in one.
    if (theirs->current == nullptr) continue;
    theirs->current->listed = true;
    mine->holed.push_back(theirs->current);
  }
  other.groups_.clear();
  bytes_ += std::exchange(other.bytes_, 0);
  plain_.TakeOver(other.plain_);
}

}  // namespace introspectd::token
