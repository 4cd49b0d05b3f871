#include "replica/memory_notes.h"

#include <algorithm>
#include <utility>

namespace introspectd::replica {

void MemoryNotes::Put(journal::Note note) {
  if (note.erase) {
    notes_.erase(note.key);
  } else {
    std::string key = note.key;
    notes_.insert_or_assign(std::move(key), std::move(note));
  }
}

std::vector<journal::Note> MemoryNotes::Read(std::string_view prefix, std::string_view from,
                                             std::size_t bytes_max) {
  std::vector<journal::Note> found;
  std::size_t bytes = 0;
  for (auto it = notes_.lower_bound(std::max(prefix, from));
       it != notes_.end() && it->first.starts_with(prefix) && bytes < bytes_max; ++it) {
    bytes += it->second.text.size();
    found.push_back(it->second);
  }
  return found;
}

void MemoryNotes::Forget(std::string_view prefix, UnixSeconds now) {
  for (auto it = notes_.lower_bound(prefix);
       it != notes_.end() && it->first.starts_with(prefix) && now >= it->second.end;) {
    it = notes_.erase(it);
  }
}

}  // namespace introspectd::replica
