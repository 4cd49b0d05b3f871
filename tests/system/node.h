// A running server with its operator: what most system tests need.
//
// Threads: one owner. At its end the server must stop with exit code 0, and nothing that it wrote
// may hold a secret or a token: the destructor reports both to the test that runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/admin_client.h"
#include "support/leak_scan.h"
#include "support/request.h"
#include "support/server_process.h"
#include "support/wire.h"
#include "support/world.h"

namespace introspectd::system_test {

using support::AdminClient;
using support::ConfigText;
using support::Connection;
using support::Plane;
using support::PushResult;
using support::Request;
using support::Response;
using support::Upsert;

class Node {
 public:
  explicit Node(const ConfigText& config = {}) : Node(config.Text()) {}
  explicit Node(std::string_view config, std::optional<std::uint64_t> open_files_max = {});
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  support::ServerProcess& process() { return process_; }
  AdminClient& admin() { return admin_; }
  AdminClient AdminAs(std::string token) const;
  Connection Connect(const std::string& from = "127.0.0.1") const;

  PushResult Push(std::string_view ndjson) { return admin_.Push(ndjson); }

  // The answer to the gateway, or to whoever `request` says, on a connection of its own.
  Response Ask(const Request& request) const;
  std::string Introspect(std::string_view token) const;
  bool IsActive(std::string_view token) const;

  // Of GET `target` without credentials, on the given plane.
  int StatusOf(Plane plane, std::string_view target) const;

  // What else must not be found in what the server wrote.
  void KeepSecret(std::string_view name, std::string_view secret) { secrets_.Add(name, secret); }

 private:
  support::ServerProcess process_;
  AdminClient admin_;
  support::LeakScan secrets_;
};

// A token of the gateway's kind that is good for an hour, and what is said of it.
std::string GoodClaims(std::string_view further_members = "");
std::string GoodAnswer(std::string_view further_members = "");

}  // namespace introspectd::system_test
