#include "scale/machine.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"

namespace introspectd::scale {

namespace {

std::uint64_t Nanos(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(t.tv_nsec);
}

// Read once, before any thread is pinned: a pinned one sees its own core alone.
const std::vector<unsigned>& UsableCores() {
  static const std::vector<unsigned> cores = [] {
    cpu_set_t set;
    CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
    std::vector<unsigned> usable;
    for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) usable.push_back(core);
    }
    return usable;
  }();
  return cores;
}

}  // namespace

void PinTo(unsigned core) {
  const std::vector<unsigned>& cores = UsableCores();
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cores[core % cores.size()], &set);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0);
}

std::uint64_t WallNanos() { return Nanos(CLOCK_MONOTONIC); }
std::uint64_t CpuNanos() { return Nanos(CLOCK_THREAD_CPUTIME_ID); }

std::uint64_t ResidentBytes() {
  malloc_trim(0);
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::string word;
  while (rollup >> word) {
    std::uint64_t kilobytes = 0;
    if (word == "Rss:" && rollup >> kilobytes) return kilobytes * 1024;
  }
  CHECK(false);
}

}  // namespace introspectd::scale
