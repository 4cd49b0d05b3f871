#include "server/turn.h"

namespace introspectd::server {

Connection* Turn::Next() {
  for (; next_ < serving_.size(); ++next_) {
    if (!serving_[next_].current()) continue;
    return Visit() ? serving_[next_++].connection : nullptr;
  }
  return nullptr;
}

void Turn::Begin() {
  visits_ = accepted_ = 0;
  if (next_ < serving_.size()) return;
  serving_.clear();
  serving_.swap(waiting_);
  next_ = 0;
}

}  // namespace introspectd::server
