// The export of GET /v1/tokens, shard by shard while it is sent.
//
// Threads: the control loop, which is the store's writer, so that no shard changes while it is
// read.
//          What changes between two shards is either in the export or behind its position.
#pragma once

#include <string>

#include "http/handler.h"
#include "token/writer.h"

namespace introspectd::api {

class ExportSource final : public http::Source {
 public:
  // `log_position`: of what is visible now.
  ExportSource(const token::Writer& writer, std::string log_position)
      : writer_(writer), log_position_(std::move(log_position)) {}
  bool Pull(std::string& out, Now now) override;

 private:
  void PullRules(std::string& out, Now now);

  const token::Writer& writer_;
  const std::string log_position_;
  bool begun_ = false;
  std::size_t next_shard_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace introspectd::api
