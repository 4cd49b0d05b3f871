#include "server/counting_malloc.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <string>

#include "support/temp_dir.h"

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace introspectd::server {

namespace {

struct Counter {
  std::atomic<pid_t> thread{0};
  std::atomic<std::uint64_t> count{0};
};

// Fixed, since nothing may be allocated here; the last one is of all threads that come later.
std::array<Counter, 256> counters;
std::atomic<std::size_t> counters_taken{0};
thread_local Counter* own = nullptr;

Counter& Own() {
  if (own == nullptr) {
    own = &counters[std::min(counters_taken.fetch_add(1), counters.size() - 1)];
    own->thread = static_cast<pid_t>(syscall(SYS_gettid));
  }
  return *own;
}

void Count() {
  Counter& counter = Own();
  counter.count.store(counter.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t AllocationsOfThisThread() { return Own().count; }

std::uint64_t AllocationsOfThread(std::string_view name) {
  for (const Counter& counter : counters) {
    if (counter.thread == 0) continue;
    const std::string comm =
        support::ReadFile("/proc/self/task/" + std::to_string(counter.thread) + "/comm");
    if (comm.starts_with(name) && comm.size() == name.size() + 1) return counter.count;
  }
  return 0;
}

}  // namespace introspectd::server

using introspectd::server::Count;

extern "C" {

void* malloc(std::size_t size) {
  Count();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  Count();
  return __libc_calloc(count, size);
}

void* realloc(void* block, std::size_t size) {
  Count();
  return __libc_realloc(block, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  Count();
  *block = __libc_memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

}  // extern "C"
