// The whole sweep at once.
//
// Threads: the writer's.
#pragma once

#include <cstddef>

#include "introspectd/time.h"
#include "token/table.h"
#include "token/writer.h"

namespace introspectd::token {

// Stages the removal of all that is over: each shard is looked at once at least.
inline void StageWholeSweep(Writer& writer, UnixSeconds now) {
  for (std::size_t i = 0; i < Table::kShards; ++i) {
    while (writer.StageSweep(now)) {
    }
  }
}

}  // namespace introspectd::token
