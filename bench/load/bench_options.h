// The command line of introspect-bench (contract 9).
//
// Threads: the main thread.
#pragma once

#include <absl/status/statusor.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "load/probe.h"
#include "load/run.h"
#include "load/search.h"

namespace introspectd::load {

struct Options {
  std::string url;
  std::vector<std::string> clients;  // ID:SECRET or ID:@FILE
  std::string tokens_file;
  std::string population;  // SEED:N
  Generated generated;
  std::string mix;
  bool closed = false;
  bool realtime = false;
  bool wait = false;
  bool show_request = false;
  bool quiet = false;
  bool find_max = false;
  std::string slo = "p99=1ms";
  double precision = 0.02;
  bool probe_revocation = false;
  ProbeOptions probe;
  double warmup_s = 5;
  double duration_s = 30;
  std::string json_file;
  std::string report_file;
  Plan plan;

  // Of Finish.
  std::optional<Search> search;
};

void Declare(CLI::App& app, Options& options);

// Reads what the options name: secrets, the URL, the mix, the target. InvalidArgument: which one
// is wrong.
absl::Status Finish(Options& options);

// The tokens that are asked about; nothing when a body is.
absl::StatusOr<std::optional<Population>> MakePopulation(const Options& options);

}  // namespace introspectd::load
