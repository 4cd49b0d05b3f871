// A file that appears under its name only when it is whole.
//
// Threads: one owner. Until Commit it is FILE.part; without Commit it is removed.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace introspectd::cli {

class OutputFile {
 public:
  static constexpr mode_t kForItsOwner = 0600;
  static constexpr mode_t kForAll = 0644;  // to read

  // "-" is standard output, of which nothing can be taken back.
  static absl::StatusOr<OutputFile> Create(const std::string& name, mode_t mode = kForItsOwner);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) = delete;
  ~OutputFile();

  // False when it failed; Commit says why.
  [[nodiscard]] bool Write(std::string_view bytes);
  bool failed() const { return !failure_.ok(); }

  // Synced and renamed, or an error that names the file.
  absl::Status Commit();

 private:
  OutputFile(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}

  bool is_standard_output() const { return file_ == stdout; }
  std::string PartName() const { return name_ + ".part"; }

  std::FILE* file_;
  std::string name_;
  absl::Status failure_;  // the first one of Write
};

}  // namespace introspectd::cli
