#include "byte_pipe.h"

#include <algorithm>
#include <cstring>

namespace introspectd::cli {

bool BytePipe::Write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return read_ended_ || held_.size() < kHeldBytesMax; });
  if (read_ended_) return false;
  const bool was_empty = held_.empty();
  held_ += bytes;
  lock.unlock();
  if (was_empty) changed_.notify_all();
  return true;
}

void BytePipe::EndWriting(bool whole) {
  {
    const std::lock_guard lock(mutex_);
    write_ended_ = true;
    whole_ = whole;
  }
  changed_.notify_all();
}

std::optional<std::size_t> BytePipe::Read(std::span<char> buffer) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return write_ended_ || taken_ < held_.size(); });
  if (write_ended_ && !whole_) return std::nullopt;
  const std::size_t size = std::min(buffer.size(), held_.size() - taken_);
  std::memcpy(buffer.data(), held_.data() + taken_, size);
  taken_ += size;
  if (taken_ == held_.size()) {
    held_.clear();
    taken_ = 0;
    lock.unlock();
    changed_.notify_all();
  }
  return size;
}

void BytePipe::EndReading() {
  {
    const std::lock_guard lock(mutex_);
    read_ended_ = true;
  }
  changed_.notify_all();
}

}  // namespace introspectd::cli
