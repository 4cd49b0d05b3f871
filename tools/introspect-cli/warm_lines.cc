#include "warm_lines.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "line_splitter.h"
#include "update_line.h"

namespace introspectd::cli {

namespace {

constexpr std::size_t kBatchBytesMax = std::size_t{4} << 20;

// Makes batches of lines.
class Batcher {
 public:
  Batcher(const WarmPlan& plan, FileTokens* tokens, Uplink& uplink)
      : plan_(plan), tokens_(tokens), uplink_(uplink) {}

  bool Add(std::string_view line);

  bool Flush() {
    if (batch_.lines == 0) return true;
    return uplink_.Submit(std::exchange(batch_, Batch{}));
  }

 private:
  bool WaitForLinesBefore() { return Flush() && uplink_.Drain().ok(); }
  void Append(std::string_view line, const std::optional<UpdateLine>& update);

  const WarmPlan& plan_;
  FileTokens* const tokens_;
  Uplink& uplink_;
  UpdateLineReader reader_;
  std::uint64_t line_ = 0;  // from 1
  Batch batch_;
};

bool Batcher::Add(std::string_view line) {
  ++line_;
  if (line_ <= plan_.skip && tokens_ == nullptr) return true;
  const std::optional<UpdateLine> update = reader_.Read(line);
  if (tokens_ != nullptr) tokens_->Note(line, update);
  if (line_ <= plan_.skip) return true;
  // A node must not be called complete while lines before that one are on their way.
  if (update && update->op == "complete" && !WaitForLinesBefore()) return false;
  Append(line, update);
  const bool full = batch_.lines == plan_.batch_lines || batch_.body.size() >= kBatchBytesMax;
  return !full || Flush();
}

void Batcher::Append(std::string_view line, const std::optional<UpdateLine>& update) {
  if (batch_.lines++ == 0) batch_.first_line = line_;
  const bool takes_sequence = update && (update->op == "upsert" || update->op == "revoke");
  if (takes_sequence && !update->has_sequence) {
    AppendWithSequence(line, plan_.sequence_start + static_cast<std::int64_t>(line_) - 1,
                       batch_.body);
  } else {
    batch_.body += line;
  }
  batch_.body += '\n';
}

void TellRefusedLines(const std::string& name, const Batch& batch, const PushReport& report,
                      Console& console) {
  for (const RefusedLine& refused : report.refused) {
    console.Say(
        fmt::format("{}:{}: {}", name, batch.first_line + refused.line - 1, refused.reason));
  }
  if (report.rejected > report.refused.size()) {
    console.Say(fmt::format("{}:{}-{}: {} more lines refused", name, batch.first_line,
                            batch.first_line + batch.lines - 1,
                            report.rejected - report.refused.size()));
  }
}

}  // namespace

absl::Status WarmLines(const WarmPlan& plan, Input& input, Ledger& ledger, FileTokens* tokens,
                       Console& console) {
  const auto on_applied = [&](const Batch& batch, const PushReport& report) {
    ledger.Acknowledge(batch, report);
    TellRefusedLines(input.name(), batch, report, console);
    console.ShowProgress("warming", ledger.totals().lines, ledger.totals().rejected);
  };
  auto uplink = Uplink::Start(plan.uplink, on_applied, console);
  if (!uplink.ok()) return uplink.status();

  Batcher batcher(plan, tokens, **uplink);
  LineSplitter splitter;
  const auto add = [&batcher](std::string_view line) { return batcher.Add(line); };
  absl::Status read = input.Read([&](std::string_view bytes) { return splitter.Feed(bytes, add); });
  if (read.ok() && splitter.Finish(add)) static_cast<void>(batcher.Flush());
  absl::Status pushed = (*uplink)->Drain();
  return pushed.ok() ? read : pushed;
}

}  // namespace introspectd::cli
