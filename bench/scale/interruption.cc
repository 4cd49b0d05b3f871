#include "scale/interruption.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "base/check.h"

namespace introspectd::scale {

namespace {

bool SeesAPageFault() {
  constexpr std::size_t kPage = 4096;
  void* mapped = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped != MAP_FAILED);
  WatchForInterruptions();
  *static_cast<volatile char*>(mapped) = 1;
  const bool seen = WasInterrupted();
  CHECK(munmap(mapped, kPage) == 0);
  return seen;
}

}  // namespace

bool SeesInterruptions() {
  static const bool sees = SeesAPageFault();
  return sees;
}

std::uint64_t MinorFaults() {
  rusage usage{};
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return static_cast<std::uint64_t>(usage.ru_minflt);
}

}  // namespace introspectd::scale
