// Watches a file descriptor that another library reads and writes.
//
// Threads: the loop's.
// Owner:   whoever made it; when it goes, nothing is called any more, and the descriptor may be
//          closed at once.
#pragma once

#include <functional>

#include "net/loop.h"

namespace introspectd::net {

class Watch {
 public:
  // `fd` is borrowed, and must be one that can be polled. `ready` may destroy this.
  Watch(Loop& loop, int fd, std::function<void()> ready);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // What `ready` is called for; an error of the descriptor counts as both.
  void Want(bool readable, bool writable);

 private:
  struct Handle;
  Handle* handle_;  // goes when the loop has closed it
};

}  // namespace introspectd::net
