// A mailbox: messages from other threads to a loop, in order.
//
// Threads: Post is thread-safe; everything else is the loop's.
// Cost:    a short lock and, when it was empty, a wake-up. Not for the request path: what goes
//          through here is rare (a secret's first verification, a reload), or has cost a signature.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"

namespace introspectd::net {

template <class Message>
class Mailbox {
 public:
  Mailbox(Loop& loop, std::function<void(Message)> receive)
      : receive_(std::move(receive)), waker_(loop, [this] { Deliver(); }) {}

  void Post(Message message) ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(mutex_);
    if (closed_) return;
    const bool first = messages_.empty();
    messages_.push_back(std::move(message));
    if (first) waker_.Wake();  // under the lock, or it could come after Close
  }

  // What is posted from now on, or was not delivered yet, is dropped.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      const base::MutexLock lock(mutex_);
      closed_ = true;
    }
    waker_.Close();
  }

 private:
  void Deliver() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      const base::MutexLock lock(mutex_);
      delivering_.swap(messages_);
    }
    for (Message& message : delivering_) {
      if (!IsClosed()) receive_(std::move(message));  // one of them may have closed it
    }
    delivering_.clear();
  }

  bool IsClosed() ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(mutex_);
    return closed_;
  }

  std::function<void(Message)> receive_;
  base::Mutex mutex_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Message> delivering_;
  Waker waker_;
};

}  // namespace introspectd::net
