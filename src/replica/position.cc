#include "replica/position.h"

#include "json/document.h"
#include "text/json_writer.h"

namespace introspectd::replica {

namespace {

constexpr std::size_t kBytesMax = 64 * 1024;  // a snapshot names the transactions that run
constexpr std::size_t kDepthMax = 2;

}  // namespace

std::string Position::ToJson() const {
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject();
  json.Key("system").String(server.system);
  json.Key("timeline").Integer(server.timeline);
  json.Key("started").Integer(server.started_us);
  json.Key("at").Integer(at_us);
  json.Key("snapshot").String(snapshot).EndObject();
  return out;
}

std::optional<Position> Position::FromJson(std::string_view text) {
  json::Parser parser(kBytesMax, kDepthMax);
  if (parser.ParseObject(text) != json::Error::kNone) return std::nullopt;
  const auto find = [&parser](std::string_view name, json::Type type) -> const json::Value* {
    const json::Member* member = json::Find(parser.members(), name);
    return member != nullptr && member->value.type == type ? &member->value : nullptr;
  };
  const auto* system = find("system", json::Type::kString);
  const auto* timeline = find("timeline", json::Type::kInteger);
  const auto* started = find("started", json::Type::kInteger);
  const auto* at = find("at", json::Type::kInteger);
  const auto* snapshot = find("snapshot", json::Type::kString);
  if (!system || !timeline || !started || !at || !snapshot) return std::nullopt;
  return Position{.server = {std::string(system->string), timeline->integer, started->integer},
                  .snapshot = std::string(snapshot->string),
                  .at_us = at->integer};
}

}  // namespace introspectd::replica
