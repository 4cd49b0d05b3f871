#include "load/run.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "load/runner.h"
#include "load/server_cpu.h"

namespace introspectd::load {

namespace {

constexpr Nanos kUntilStart = kNanosPerSecond / 50;

// Processor time of the server from `from` to `until`; nothing when it could not be read.
std::optional<std::uint64_t> WatchServer(const Plan& plan, Nanos from, Nanos until) {
  SleepUntil(from);
  const auto before = CpuNanosOf(*plan.server_pid);
  SleepUntil(until);
  const auto after = CpuNanosOf(*plan.server_pid);
  if (!before.ok() || !after.ok()) return std::nullopt;
  return *after - *before;
}

}  // namespace

absl::StatusOr<Outcome> Run(const Plan& plan, const Sorted* sorted, const OnInterval& on_interval) {
  std::vector<std::unique_ptr<Runner>> runners;
  for (std::size_t i = 0; i < plan.threads; ++i) {
    runners.push_back(std::make_unique<Runner>(plan, sorted, on_interval));
    const std::size_t more = i < plan.connections % plan.threads ? 1 : 0;
    const std::size_t connections =
        std::max<std::size_t>(1, plan.connections / plan.threads + more);
    if (const absl::Status made = runners.back()->Connect(i, connections); !made.ok()) return made;
  }
  const Nanos start = ReadMonotonic() + kUntilStart;
  std::vector<Outcome> outcomes(plan.threads);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < plan.threads; ++i) {
    threads.emplace_back([&, i] { outcomes[i] = runners[i]->Go(start); });
  }
  std::optional<std::uint64_t> server_cpu_ns;
  if (plan.server_pid) {
    const Nanos from = start + plan.warmup;
    server_cpu_ns = WatchServer(plan, from, from + plan.duration);
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 1; i < plan.threads; ++i) outcomes[0].Merge(outcomes[i]);
  outcomes[0].server_cpu_ns = server_cpu_ns;
  return std::move(outcomes[0]);
}

}  // namespace introspectd::load
