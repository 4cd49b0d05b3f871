// The options of generate that make its tokens JWTs, and the key behind them.
//
// Threads: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "population/jwt_minter.h"

namespace introspectd::cli {

struct JwtOptions {
  std::string algorithm;  // "" = opaque tokens
  std::string key_file;
  std::string jwks_file;  // "" = none
};

// `options` is borrowed for the run of the program.
void AddJwtOptions(CLI::App& sub, JwtOptions& options);

// InvalidArgument when there is no key that fits; the sentence says how to make one.
absl::StatusOr<population::JwtMinter> MakeMinter(const JwtOptions& options);

// Writes the public keys, if they are wanted.
absl::Status WriteJwks(const JwtOptions& options, const population::JwtMinter& minter);

}  // namespace introspectd::cli
