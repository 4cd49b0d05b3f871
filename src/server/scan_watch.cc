#include "server/scan_watch.h"

#include <algorithm>

namespace introspectd::server {

namespace {

constexpr double kHighShare = 0.5;
constexpr double kJump = 0.25;        // above the usual share
constexpr double kHysteresis = 0.1;   // below what began it, it is over
constexpr double kLearned_s = 1'800;  // in which a lasting share becomes the usual one, mostly

}  // namespace

double ScanWatch::HighShare() const { return std::max(kHighShare, usual_ + kJump); }

ScanWatch::Change ScanWatch::Tick(const Counted& total) {
  Counted& oldest = totals_[next_];
  window_ = {total.answers - oldest.answers, total.inactive - oldest.inactive};
  oldest = total;
  next_ = (next_ + 1) % kWindow_s;
  const bool enough = window_.answers >= kAnswersMin;
  const double share = window_.share();
  Change change = Change::kNone;
  if (!high_ && enough && share > HighShare()) {
    high_ = true;
    lasted_s_ = 0;
    change = Change::kBegan;
  } else if (high_) {
    ++lasted_s_;
    high_ = enough && share > HighShare() - kHysteresis;
    if (!high_) change = Change::kOver;
  }
  if (enough) usual_ += (share - usual_) / kLearned_s;
  return change;
}

}  // namespace introspectd::server
