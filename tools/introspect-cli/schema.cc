// introspect-cli schema: the SQL that makes a database carry the replication log.

#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "schema/schema.h"

namespace introspectd::cli {

namespace {

struct Options {
  schema::Options schema;
  std::vector<std::string> node_roles;
  std::vector<std::string> issuer_roles;
};

// A literal of SQL, whatever is in it.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

ExitCode Schema(const Options& options) {
  fmt::print("{}", schema::Script(options.schema));
  for (const std::string& role : options.node_roles) {
    fmt::print("SELECT introspectd.grant_node({});\n", Quoted(role));
  }
  for (const std::string& role : options.issuer_roles) {
    fmt::print("SELECT introspectd.grant_push({});\n", Quoted(role));
  }
  return kDone;
}

}  // namespace

void AddSchema(CLI::App& app, Command& command) {
  CLI::App* const sub = app.add_subcommand(
      "schema", "Print the SQL that makes a PostgreSQL database carry the replication log");
  const auto options = std::make_shared<Options>();
  sub->add_option("--issuer", options->schema.issuer, "introspection.issuer of the nodes")
      ->required();
  sub->add_option("--token-lifetime-max", options->schema.token_lifetime_max_s,
                  "storage.token_lifetime_max_s of the nodes")
      ->capture_default_str();
  sub->add_option("--line-bytes-max", options->schema.line_bytes_max,
                  "The longest line that introspectd.push() takes")
      ->check(CLI::Range(256, 16384))
      ->capture_default_str();
  sub->add_option("--node-role", options->node_roles, "A role that nodes connect as; repeatable");
  sub->add_option("--issuer-role", options->issuer_roles,
                  "A role that may call introspectd.push(); repeatable");
  sub->callback([&command, options] { command = [options] { return Schema(*options); }; });
}

}  // namespace introspectd::cli
