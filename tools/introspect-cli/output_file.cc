#include "output_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace introspectd::cli {

namespace {

absl::Status FileError(const std::string& name) {
  return absl::DataLossError(fmt::format("{}: {}", name, std::strerror(errno)));
}

}  // namespace

absl::StatusOr<OutputFile> OutputFile::Create(const std::string& name, mode_t mode) {
  if (name == "-") return OutputFile(stdout, "standard output");
  OutputFile output(nullptr, name);
  const std::string part = output.PartName();
  const int descriptor = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (descriptor < 0) return FileError(part);
  output.file_ = fdopen(descriptor, "w");
  return output;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      name_(std::move(other.name_)),
      failure_(std::move(other.failure_)) {}

OutputFile::~OutputFile() {
  if (file_ == nullptr || is_standard_output()) return;
  std::fclose(file_);
  std::remove(PartName().c_str());
}

bool OutputFile::Write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return true;
  failure_.Update(FileError(name_));
  return false;
}

absl::Status OutputFile::Commit() {
  if (failed()) return failure_;
  if (std::fflush(file_) != 0) return FileError(name_);
  if (is_standard_output()) return absl::OkStatus();
  if (fsync(fileno(file_)) != 0) return FileError(name_);
  if (std::rename(PartName().c_str(), name_.c_str()) != 0) return FileError(name_);
  std::fclose(std::exchange(file_, nullptr));
  return absl::OkStatus();
}

}  // namespace introspectd::cli
