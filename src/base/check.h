// CHECK: our own bugs end the process, at once and with a place to look.
//
// Threads: thread-safe.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace introspectd::base {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, what);
  std::abort();
}

}  // namespace introspectd::base

// For what must hold whatever the input is. Bad input is never a CHECK.
#define CHECK(condition)                             \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::introspectd::base::CheckFailed(__FILE__, __LINE__, #condition))
