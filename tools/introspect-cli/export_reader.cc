#include "export_reader.h"

#include <fmt/core.h>

#include "json/document.h"

namespace introspectd::cli {

namespace {

// Contract section 6 gives both in this form.
constexpr std::string_view kPosition = R"({"op":"position")";
constexpr std::string_view kEnd = R"({"op":"end")";
static_assert(kPosition.size() == kExportStartBytes);

// -1 when there is no number.
std::int64_t LinesOf(std::string_view end) {
  json::Parser parser(1024, 4);
  if (parser.ParseObject(end) != json::Error::kNone) return -1;
  const json::Member* const lines = json::Find(parser.members(), "lines");
  if (lines == nullptr || lines->value.type != json::Type::kInteger) return -1;
  return lines->value.integer;
}

absl::Status Incomplete(std::string_view why) {
  return absl::DataLossError(fmt::format("the export is incomplete: {}", why));
}

}  // namespace

bool StartsLikeExport(std::string_view bytes) { return bytes.starts_with(kPosition); }

bool ExportReader::Feed(std::string_view bytes) {
  return splitter_.Feed(bytes, [this](std::string_view line) { return Add(line); });
}

bool ExportReader::Add(std::string_view line) {
  const bool is_position = line.starts_with(kPosition);
  in_order_ = in_order_ && is_position != has_position_ && end_.empty();
  if (!in_order_) return false;
  has_position_ = true;
  if (line.starts_with(kEnd)) {
    end_ = line;
    return true;
  }
  if (!is_position) ++lines_;
  return take_(line);
}

absl::Status ExportReader::Finish() {
  // A line without its line feed was cut.
  const bool cut = !splitter_.Finish([](std::string_view) { return false; });
  if (!has_position_) return Incomplete("it does not begin with a position");
  if (!in_order_) return Incomplete("its lines are out of order");
  if (cut || end_.empty()) return Incomplete("its last line is missing");
  const std::int64_t expected = LinesOf(end_);
  if (expected < 0 || static_cast<std::uint64_t>(expected) != lines_) {
    return Incomplete(fmt::format("it has {} lines, its last line says {}", lines_, expected));
  }
  return take_(end_) ? absl::OkStatus() : absl::CancelledError();
}

}  // namespace introspectd::cli
