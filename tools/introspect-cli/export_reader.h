// Reads an export (GET /v1/tokens) as it comes, and says whether it is whole: a position first, an
// end last, with the number of lines between them.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "line_splitter.h"

namespace introspectd::cli {

class ExportReader {
 public:
  // Gets every line, the position included; the end only by Finish. False gives up.
  using Take = std::function<bool(std::string_view line)>;

  explicit ExportReader(Take take) : take_(std::move(take)) {}

  // The next bytes of the export; false when it is none, or when `take` gave up.
  [[nodiscard]] bool Feed(std::string_view bytes);

  // There is nothing more: hands on the end when the export is whole, else DataLoss. So what was
  // handed on looks complete only if it is.
  absl::Status Finish();

  std::uint64_t lines() const { return lines_; }  // without position and end

 private:
  bool Add(std::string_view line);

  const Take take_;
  LineSplitter splitter_;
  bool has_position_ = false;
  bool in_order_ = true;
  std::uint64_t lines_ = 0;
  std::string end_;  // the line
};

// Whether these first bytes of a file are those of an export.
bool StartsLikeExport(std::string_view bytes);
inline constexpr std::size_t kExportStartBytes = 16;

}  // namespace introspectd::cli
