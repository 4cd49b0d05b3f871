// A fetcher and its loop, for one request.
//
// Threads: the caller's, which waits.
#pragma once

#include <optional>
#include <utility>

#include "fetch/fetcher.h"

namespace introspectd::fetch {

inline absl::StatusOr<Document> GetNow(Fetcher::Request request) {
  net::Loop loop;
  Fetcher fetcher(loop);
  std::optional<absl::StatusOr<Document>> result;
  fetcher.Get(std::move(request), [&](absl::StatusOr<Document> got) {
    result = std::move(got);
    fetcher.Close();
  });
  loop.Run();
  return *std::move(result);
}

}  // namespace introspectd::fetch
