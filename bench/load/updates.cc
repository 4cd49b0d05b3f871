#include "load/updates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "text/ascii.h"

namespace introspectd::load {

namespace {

constexpr std::string_view kUpsert = R"({"op":"upsert",)";
constexpr std::string_view kExp = R"("exp":)";

// Where the tens of seconds of the line's `exp` stand.
std::optional<std::size_t> TensDigitOfExp(std::string_view line) {
  const std::size_t exp = line.find(kExp);
  if (exp == std::string_view::npos) return std::nullopt;
  const std::size_t first = exp + kExp.size();
  std::size_t end = first;
  while (end < line.size() && text::IsDigit(line[end])) ++end;
  if (end - first < 2) return std::nullopt;
  return end - 2;
}

}  // namespace

absl::StatusOr<Updates> Updates::Read(const std::string& file, std::size_t lines_max) {
  std::ifstream in(file);
  if (!in) {
    return absl::NotFoundError(fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  }
  Updates updates;
  std::string line;
  while (updates.size() < lines_max && std::getline(in, line)) {
    const auto digit = TensDigitOfExp(line);
    if (!line.starts_with(kUpsert) || !digit) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}: not an upsert with an exp", file, updates.size() + 1));
    }
    const std::size_t start = updates.text_.size();
    updates.text_ += line;
    updates.text_ += '\n';
    updates.lines_.push_back({updates.text_.size(), start + *digit});
  }
  if (updates.lines_.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: no lines", file));
  }
  return updates;
}

Updates::Batch Updates::Next(std::size_t count) {
  const std::size_t first = next_;
  const std::size_t last = std::min(first + count, lines_.size()) - 1;
  for (std::size_t i = first; i <= last; ++i) {
    char& digit = text_[lines_[i].changed_digit];
    digit = digit == '9' ? '0' : static_cast<char>(digit + 1);
  }
  next_ = last + 1 == lines_.size() ? 0 : last + 1;
  const std::size_t start = first == 0 ? 0 : lines_[first - 1].end;
  return {std::string_view(text_).substr(start, lines_[last].end - start), last + 1 - first};
}

}  // namespace introspectd::load
