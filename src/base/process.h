// What a process that holds secrets tells the kernel before it reads any.
//
// Threads: before there are others.
// Source:  setrlimit(2), prctl(2).
#pragma once

namespace introspectd::base {

// No core dump, no debugger or /proc/PID/mem for others of the same user, and no privileges that an
// executable might bring.
void KeepSecretsInside();

}  // namespace introspectd::base
