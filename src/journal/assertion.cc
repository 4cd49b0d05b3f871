#include "journal/assertion.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace introspectd::journal {

namespace {

constexpr int kExitDamaged = 1;

std::atomic<const char*> watching{nullptr};

}  // namespace

AssertionWatch::AssertionWatch(const std::filesystem::path& directory)
    : sentence_(fmt::format("storage.directory {}: a table is damaged: RocksDB found that",
                            directory.string())) {
  watching = sentence_.c_str();
}

AssertionWatch::~AssertionWatch() { watching = nullptr; }

}  // namespace introspectd::journal

// glibc's, which assert() calls, for all of this process. Nothing is unwound: other threads may be
// anywhere, and what was acknowledged is on the disk.
extern "C" [[noreturn]] void __assert_fail(  // NOLINT(bugprone-reserved-identifier)
    const char* assertion, const char* file, unsigned int line, const char* /*function*/) {
  const char* const sentence = introspectd::journal::watching;
  std::fprintf(stderr, "%s%s%s does not hold (%s:%u)\n", sentence != nullptr ? sentence : "",
               sentence != nullptr ? " " : "", assertion, file, line);
  if (sentence == nullptr) std::abort();
  std::_Exit(introspectd::journal::kExitDamaged);
}
