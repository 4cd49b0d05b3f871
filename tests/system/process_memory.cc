#include "system/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "fmt/format.h"
#include "support/temp_dir.h"

namespace introspectd::system_test {

bool CanSearchMemory() {
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  return geteuid() == 0;
#endif
}

std::vector<std::string> FindInMemory(pid_t pid, std::string_view what) {
  std::vector<std::string> found;
  const int memory = open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) throw std::runtime_error("the memory cannot be read");
  const std::string maps = support::ReadFile(fmt::format("/proc/{}/maps", pid));
  std::string_view lines = maps;
  while (!lines.empty()) {
    const std::string line(lines.substr(0, lines.find('\n')));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    unsigned long begin = 0;
    unsigned long end = 0;
    char rights[8] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %7s", &begin, &end, rights) != 3) continue;
    if (rights[0] != 'r' || rights[1] != 'w') continue;
    std::string bytes(end - begin, '\0');
    const ssize_t size = pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (size > 0 && std::string_view(bytes).substr(0, static_cast<std::size_t>(size)).find(what) !=
                        std::string_view::npos) {
      found.push_back(line);
    }
  }
  close(memory);
  return found;
}

}  // namespace introspectd::system_test
