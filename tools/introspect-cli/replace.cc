#include "replace.h"

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

#include "export_reader.h"
#include "load_export.h"
#include "retry.h"
#include "update_line.h"

namespace introspectd::cli {

namespace {

// Finds the tokens to revoke among the lines of an export, and revokes them batch by batch.
class Revoker {
 public:
  Revoker(const ReplacePlan& plan, const FileTokens& tokens, Uplink& uplink)
      : plan_(plan), tokens_(tokens), uplink_(uplink) {}

  bool Add(std::string_view line) {
    const std::optional<UpdateLine> update = reader_.Read(line);
    if (update && update->op == "position") default_issuer_ = update->issuer;
    if (!update || !MustGo(*update)) return true;
    batch_.body +=
        fmt::format("{{\"op\":\"revoke\",\"token_sha256\":\"{}\"}}\n", DigestText(*update->digest));
    return ++batch_.lines < plan_.batch_lines || Flush();
  }

  bool Flush() { return batch_.lines == 0 || uplink_.Submit(std::exchange(batch_, Batch{})); }

 private:
  bool MustGo(const UpdateLine& update) const {
    return update.op == "upsert" && update.digest && update.sequence &&
           *update.sequence < plan_.before_sequence &&
           IssuerOf(update.issuer) == IssuerOf(plan_.issuer) && !tokens_.Contains(*update.digest);
  }

  std::string_view IssuerOf(std::string_view named) const {
    return named.empty() ? default_issuer_ : named;
  }

  const ReplacePlan& plan_;
  const FileTokens& tokens_;
  Uplink& uplink_;
  UpdateLineReader reader_;
  std::string default_issuer_;  // of tokens that name none: the export says it first
  Batch batch_;
};

absl::Status RevokeWhileExporting(const ReplacePlan& plan, const FileTokens& tokens,
                                  Uplink& uplink) {
  absl::StatusOr<fetch::Client> client = fetch::Client::Create(plan.uplink.client);
  if (!client.ok()) return client.status();
  Revoker revoker(plan, tokens, uplink);
  ExportReader reader([&revoker](std::string_view line) { return revoker.Add(line); });
  absl::Status fetched =
      FetchExport(*client, [&reader](std::string_view bytes) { return reader.Feed(bytes); });
  if (!fetched.ok() && !absl::IsCancelled(fetched)) return fetched;
  absl::Status whole = reader.Finish();
  static_cast<void>(revoker.Flush());
  return whole;
}

}  // namespace

absl::StatusOr<std::uint64_t> RevokeOthers(const ReplacePlan& plan, const FileTokens& tokens,
                                           Console& console) {
  std::uint64_t revoked = 0;
  std::uint64_t refused = 0;
  const auto on_applied = [&](const Batch& /*batch*/, const PushReport& report) {
    revoked += report.applied + report.expired;
    refused += report.rejected;
    for (const RefusedLine& line : report.refused) {
      console.Say(fmt::format("a revocation was refused: {}", line.reason));
    }
    console.ShowProgress("replacing", revoked, refused);
  };
  auto uplink = Uplink::Start(plan.uplink, on_applied, console);
  if (!uplink.ok()) return uplink.status();
  absl::Status exported = RepeatWhileUnavailable(
      [&] {
        return Attempt{RevokeWhileExporting(plan, tokens, **uplink), std::nullopt};
      },
      plan.uplink.retry_for, Sleep, console);
  absl::Status pushed = (*uplink)->Drain();
  if (!pushed.ok()) return pushed;
  if (!exported.ok()) return exported;
  if (refused > 0) {
    return absl::FailedPreconditionError(fmt::format("{} revocations were refused", refused));
  }
  return revoked;
}

}  // namespace introspectd::cli
