#include "load/server_cpu.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace introspectd::load {

absl::StatusOr<std::uint64_t> CpuNanosOf(pid_t pid) {
  const std::string threads = fmt::format("/proc/{}/task", pid);
  std::error_code error;
  std::uint64_t total_ns = 0;
  std::filesystem::directory_iterator thread(threads, error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    std::uint64_t on_cpu_ns = 0;
    if (std::ifstream(thread->path() / "schedstat") >> on_cpu_ns) total_ns += on_cpu_ns;
  }
  if (error) {
    return absl::NotFoundError(fmt::format("cannot read {}: {}", threads, error.message()));
  }
  if (total_ns == 0) {
    return absl::UnavailableError(fmt::format("no processor time in {}/*/schedstat", threads));
  }
  return total_ns;
}

}  // namespace introspectd::load
