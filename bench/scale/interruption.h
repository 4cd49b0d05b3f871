// Whether the kernel had the core for a while: for an interrupt, a page fault or another thread.
//
// Threads: what is watched is the calling thread.
// Limits:  x86-64 alone; elsewhere, and where the processor does not do it, SeesInterruptions() is
//          false. What a hypervisor takes away is not seen. System calls may be seen, too.
// Source:  SegScope (Zhang et al., HPCA 2024). A data segment register means nothing in 64-bit
// mode.
//          When the kernel returns by IRET, the processor sets one to zero that holds one of the
//          null selectors 1 to 3, so whoever put it there knows.
#pragma once

#include <cstdint>

namespace introspectd::scale {

#if defined(__x86_64__)
inline void WatchForInterruptions() { asm volatile("mov %0, %%es" : : "r"(1) : "memory"); }
// Since the last WatchForInterruptions.
inline bool WasInterrupted() {
  std::uint32_t selector;
  asm volatile("mov %%es, %0" : "=r"(selector) : : "memory");
  return selector == 0;
}
#else
inline void WatchForInterruptions() {}
inline bool WasInterrupted() { return false; }
#endif

// Tried once, with a page fault.
bool SeesInterruptions();

// Page faults of the calling thread so far that needed no disk.
std::uint64_t MinorFaults();

}  // namespace introspectd::scale
