// The store at scale, beside a plain map with the same tokens in the same process: memory,
// look-ups, updates, revocations, growth. Prints one JSON object. Everything random has a seed.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scale/parts.h"
#include "scale/writing.h"

namespace introspectd::scale {
namespace {

constexpr int kUnusableArguments = 2;
constexpr const char* kParts =
    "memory,lookup,readers,updates,wait,revocation,load,expiry,growth,map_growth";

struct Options {
  Plan plan;
  std::vector<std::string> parts;

  bool Wants(std::string_view part) const {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  }
  // Those that have stores of their own need no other one.
  bool WantsBoth() const {
    return parts.empty() || std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
             return part != "growth" && part != "map_growth" && part != "load" && part != "expiry";
           });
  }
};

void Declare(CLI::App& app, Options& options) {
  Plan& plan = options.plan;
  app.add_option("--tokens", plan.tokens)
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  app.add_option("--grow-from", plan.grow_from, "tokens at the beginning of growth")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--grow-to", plan.grow_to,
                 "tokens at its end; no more than at the beginning: none")
      ->capture_default_str();
  app.add_option("--updates-per-s", plan.updates_per_s, "beside look-ups")->capture_default_str();
  app.add_option("--rounds", plan.rounds, "of each measurement; medians are printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", plan.seconds, "a measurement")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--only", options.parts, fmt::format("some of {}", kParts))->delimiter(',');
}

void Say(std::string_view what) { fmt::print(stderr, "scale: {}\n", what); }

void FillBoth(Store& store, PlainMap& map, const Plan& plan, Report& report) {
  const auto tokens = static_cast<double>(plan.tokens);
  const auto per_token = [tokens](std::uint64_t bytes) {
    return static_cast<double>(bytes) / tokens;
  };
  const std::uint64_t before = ResidentBytes();
  Say("fills the store");
  Fill(store, 0, plan.tokens);
  const std::uint64_t with_store = ResidentBytes();
  Say("fills the map");
  const std::uint64_t answer_bytes = FillMap(map, plan.tokens);
  const std::uint64_t with_map = ResidentBytes();
  report.Key("memory").BeginObject();
  report.Key("answer_bytes_per_token").Number(per_token(answer_bytes));
  report.Key("store_resident_bytes_per_token").Number(per_token(with_store - before));
  report.Key("store_template_bytes").Unsigned(store.status().template_bytes);
  report.Key("store_record_bytes_per_token").Number(per_token(store.status().record_bytes));
  report.Key("store_index_bytes_per_token").Number(per_token(store.status().index_bytes));
  report.Key("map_resident_bytes_per_token").Number(per_token(with_map - with_store));
  report.EndObject();
}

void MeasureBoth(const Options& options, Report& report) {
  const Asked asked(options.plan.tokens);
  Store store({.issuer = "https://i.example/", .kept = false});
  PlainMap map;
  FillBoth(store, map, options.plan, report);
  const Subjects subjects{store, map, asked, options.plan};
  const std::pair<std::string_view, void (*)(const Subjects&, Report&)> parts[] = {
      {"lookup", Lookup}, {"readers", Readers},       {"updates", Updates},
      {"wait", Wait},     {"revocation", Revocation},
  };
  for (const auto& [name, part] : parts) {
    if (!options.Wants(name)) continue;
    Say(name);
    part(subjects, report);
  }
}

std::string Measure(const Options& options) {
  std::string json;
  Report report(json);
  report.BeginObject();
  report.Key("tokens").Unsigned(options.plan.tokens);
  PinTo(0);
  const std::pair<std::string_view, void (*)(const Plan&, Report&)> alone[] = {{"load", Load},
                                                                               {"expiry", Expiry}};
  for (const auto& [name, part] : alone) {
    if (!options.Wants(name)) continue;
    Say(name);
    part(options.plan, report);
  }
  if (options.WantsBoth()) MeasureBoth(options, report);
  const std::pair<std::string_view, void (*)(const Plan&, Report&)> grown[] = {
      {"growth", Growth}, {"map_growth", MapGrowth}};
  for (const auto& [name, part] : grown) {
    if (!options.Wants(name) || options.plan.grow_to <= options.plan.grow_from) continue;
    Say(name);
    part(options.plan, report);
  }
  report.EndObject();
  return json;
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the store at scale beside a plain map.", "scale");
  Options options;
  Declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUnusableArguments;
  }
  fmt::print("{}\n", Measure(options));
  return 0;
}

}  // namespace
}  // namespace introspectd::scale

int main(int argc, char** argv) { return introspectd::scale::Main(argc, argv); }
