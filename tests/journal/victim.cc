// A process that commits groups of a schedule until its power fails.
//
//   journal_victim <directory> <seed> <groups> <kind of failure> <call> <image>
//
// Prints the number of each group that was committed, before it begins the next one. Exits with
// PowerPlan::kExitCode at the failure, with kRefused when something said that it failed, with 0
// when it got to its end. What the disk holds then is in <image>.

#include <rocksdb/env.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "journal/keeper.h"
#include "journal/power.h"

namespace introspectd::journal {
namespace {

constexpr int kRefused = 8;

struct Arguments {
  std::filesystem::path directory;
  std::uint64_t seed;
  std::uint64_t groups;
  PowerPlan plan;
};

Arguments Parse(char** argv) {
  return {
      .directory = argv[1],
      .seed = std::strtoull(argv[2], nullptr, 10),
      .groups = std::strtoull(argv[3], nullptr, 10),
      .plan = {.failure = static_cast<PowerFailure>(std::atoi(argv[4])),
               .call = std::strtoull(argv[5], nullptr, 10),
               .seed = std::strtoull(argv[2], nullptr, 10) + std::strtoull(argv[5], nullptr, 10),
               .image = std::filesystem::path(argv[6]) / "db"}};
}

int Run(const Arguments& arguments) {
  const auto files = std::make_shared<PowerFileSystem>(
      arguments.directory / "db", arguments.directory / "removed", arguments.plan);
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
  auto keeper = Keeper::Open({.directory = arguments.directory, .env = env.get()});
  if (!keeper.ok()) {
    std::cerr << keeper.status() << std::endl;
    files->Cut(kRefused);
  }
  (*keeper)->OnFailure([&](const absl::Status& status) {
    std::cerr << status << std::endl;
    files->Cut(kRefused);
  });
  (*keeper)->OnCommitted([](std::uint64_t group) { std::cout << group << std::endl; });
  (*keeper)->CommitUpTo(arguments.groups, arguments.seed);
  // Half of them are killed: they leave a log.
  if (arguments.seed % 2 == 0) keeper->reset();
  files->Cut(0);
}

}  // namespace
}  // namespace introspectd::journal

int main(int argc, char** argv) {
  if (argc != 7) return 1;
  return introspectd::journal::Run(introspectd::journal::Parse(argv));
}
