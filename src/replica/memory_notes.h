// Notes in memory alone, for a node that keeps nothing on a disk.
//
// Threads: the control loop's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "journal/note.h"

namespace introspectd::replica {

class MemoryNotes final : public journal::NoteBook {
 public:
  void Put(journal::Note note) override;
  bool Settle() override { return true; }
  std::vector<journal::Note> Read(std::string_view prefix, std::string_view from,
                                  std::size_t bytes_max) override;

  // Lets go of those that are over, at the beginning of those with that prefix.
  void Forget(std::string_view prefix, UnixSeconds now);

 private:
  std::map<std::string, journal::Note, std::less<>> notes_;
};

}  // namespace introspectd::replica
