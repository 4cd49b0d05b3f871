#include "file_tokens.h"

#include <fmt/core.h>

namespace introspectd::cli {

namespace {

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

void FileTokens::Note(std::string_view line, const std::optional<UpdateLine>& update) {
  if (!update) {
    if (!IsBlank(line)) ++unreadable_;
    return;
  }
  if (update->op != "upsert") return;
  if (!update->digest) {
    ++unreadable_;
    return;
  }
  digests_.insert(*update->digest);
  if (!issuer_) issuer_ = update->issuer;
  several_issuers_ |= *issuer_ != update->issuer;
}

absl::StatusOr<std::string> FileTokens::IssuerToReplace(const std::string& wanted) const {
  if (unreadable_ > 0) {
    return absl::FailedPreconditionError(
        fmt::format("nothing is replaced: {} lines could not be read and may be tokens that must "
                    "stay",
                    unreadable_));
  }
  if (digests_.empty()) {
    return absl::FailedPreconditionError(
        "nothing is replaced: the file holds no token, so that every token would be revoked");
  }
  if (!wanted.empty()) return wanted;
  if (several_issuers_) {
    return absl::FailedPreconditionError(
        "nothing is replaced: the file holds tokens of several issuers; name one with --issuer");
  }
  return *issuer_;
}

}  // namespace introspectd::cli
