// Notes: what somebody wants to find again beside the store, such as how far a log was followed.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "introspectd/time.h"

namespace introspectd::journal {

struct Note {
  std::string key;
  std::string text;
  UnixSeconds end = 0;  // from then on it may be forgotten
  bool erase = false;   // it is of no use any more
};

class NoteBook {
 public:
  virtual ~NoteBook() = default;

  // Kept with the next group of updates, or a second later. Of one key the newest counts.
  virtual void Put(Note note) = 0;
  // Whether all that was put is kept; otherwise it soon will be.
  virtual bool Settle() = 0;
  // Those that are kept and whose keys begin with `prefix`, from the key `from` on, in order of
  // their keys, until they are `bytes_max` or more. Reads from the disk.
  virtual std::vector<Note> Read(std::string_view prefix, std::string_view from,
                                 std::size_t bytes_max) = 0;
};

}  // namespace introspectd::journal
