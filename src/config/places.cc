#include "config/places.h"

#include "fmt/core.h"

namespace introspectd::config {

absl::Status Places::Error(std::string_view path, std::string_view what) const {
  std::string_view enclosing = path;
  while (!enclosing.empty()) {
    const auto found = lines_.find(enclosing);
    if (found != lines_.end()) {
      return ErrorAtLine(found->second, fmt::format("{}: {}", path, what));
    }
    const std::size_t end = enclosing.find_last_of(".[");
    enclosing = end == std::string_view::npos ? "" : enclosing.substr(0, end);
  }
  return absl::InvalidArgumentError(fmt::format("{}: {}: {}", file_, path, what));
}

absl::Status Places::ErrorAtLine(int line, std::string_view what) const {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file_, line, what));
}

}  // namespace introspectd::config
