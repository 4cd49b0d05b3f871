// introspect-cli generate: a seeded population of tokens, as an issuer would push them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "commands.h"
#include "jwt_options.h"
#include "output_file.h"
#include "population/jwt_updates.h"
#include "population/population.h"

namespace introspectd::cli {

namespace {

constexpr std::size_t kWrittenTogetherBytes = std::size_t{256} << 10;

struct GenerateOptions {
  std::uint64_t tokens = 0;
  population::Options population;
  JwtOptions jwt;
};

ExitCode Finish(OutputFile& output) {
  const absl::Status status = output.Commit();
  return status.ok() ? kDone : Fail(status);
}

ExitCode GenerateOpaque(const GenerateOptions& options, OutputFile& output) {
  const population::Population population(options.population);
  std::string lines;
  lines.reserve(kWrittenTogetherBytes + 4096);
  for (std::uint64_t i = 0; i < options.tokens; ++i) {
    population.AppendUpdates(i, lines);
    if (lines.size() < kWrittenTogetherBytes) continue;
    if (!output.Write(lines)) break;
    lines.clear();
  }
  static_cast<void>(output.Write(lines));
  return Finish(output);
}

// The key set first: whoever reads the tokens as they come can have their key.
ExitCode GenerateJwts(const GenerateOptions& options, OutputFile& output) {
  const auto minter = MakeMinter(options.jwt);
  if (!minter.ok()) return Fail(minter.status());
  const absl::Status written = WriteJwks(options.jwt, *minter);
  if (!written.ok()) return Fail(written);
  population::MintUpdates(population::Population(options.population), *minter, options.tokens,
                          std::thread::hardware_concurrency(),
                          [&](std::string_view lines) { return output.Write(lines); });
  return Finish(output);
}

ExitCode Generate(const GenerateOptions& options) {
  absl::StatusOr<OutputFile> output = OutputFile::Create("-");
  if (!output.ok()) return Fail(output.status());
  return options.jwt.algorithm.empty() ? GenerateOpaque(options, *output)
                                       : GenerateJwts(options, *output);
}

}  // namespace

void AddGenerate(CLI::App& app, Command& command) {
  CLI::App* const sub = app.add_subcommand(
      "generate", "Write the updates of N made-up tokens: the same for the same seed");
  const auto options = std::make_shared<GenerateOptions>();
  options->population.now = base::ReadWallMicros() / kMicrosPerSecond;
  sub->add_option("N", options->tokens, "How many tokens")
      ->check(CLI::NonNegativeNumber)
      ->required();
  sub->add_option("--seed", options->population.seed, "What the tokens depend on")
      ->check(CLI::NonNegativeNumber)
      ->required();
  sub->add_option("--now", options->population.now,
                  "Seconds since 1970 at which all tokens are alive (default: the clock)")
      ->check(CLI::Range(std::int64_t{100'000}, std::int64_t{1} << 40));
  sub->add_option("--revoked", options->population.revoked_share,
                  "The share of them that is revoked at once, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  AddJwtOptions(*sub, options->jwt);
  sub->callback([&command, options] { command = [options] { return Generate(*options); }; });
}

}  // namespace introspectd::cli
