#include "outcome.h"

#include <fmt/core.h>

#include <cstdio>

namespace introspectd::cli {

void Complain(std::string_view sentence) { fmt::print(stderr, "introspect-cli: {}\n", sentence); }

ExitCode Fail(const absl::Status& status) {
  const auto message = status.message();
  Complain({message.data(), message.size()});
  return absl::IsInvalidArgument(status) ? kUnusable : kFailed;
}

}  // namespace introspectd::cli
