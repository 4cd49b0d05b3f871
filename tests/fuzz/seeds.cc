// Writes first inputs for the fuzz targets: what the tables of the conformance tests, and the
// vectors of the HTTP tests, say. `tools/fuzz --seeds` runs it and keeps those that reach
// something.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "conformance/case.h"
#include "conformance/known_world.h"
#include "fmt/format.h"
#include "http/mutator.h"
#include "http/vectors.h"
#include "text/ascii.h"

namespace introspectd {
namespace {

constexpr std::size_t kBytesMax = 2000;
constexpr std::uint64_t kConversations = 500;

class Seeds {
 public:
  explicit Seeds(const std::filesystem::path& directory) : directory_(directory) {}

  // `knobs`: what the target takes off the end (input.h).
  void Add(std::string_view target, std::string_view bytes, std::string_view knobs) {
    if (bytes.size() > kBytesMax) return;
    std::filesystem::create_directories(directory_ / target);
    const auto path = directory_ / target / fmt::format("seed{:04}", ++count_);
    std::ofstream(path, std::ios::binary) << bytes << knobs;
  }

 private:
  const std::filesystem::path directory_;
  int count_ = 0;
};

std::string Cut(std::size_t at) { return {static_cast<char>(at >> 8), static_cast<char>(at)}; }

std::string ThreeCuts(char flags) { return Cut(40) + Cut(160) + Cut(200) + flags; }

// The scripted handler of http_fuzz has an /echo.
std::string ToEcho(std::string request) {
  constexpr std::string_view kPath = "/introspect ";
  const std::size_t at = request.find(kPath);
  if (at != std::string::npos) request.replace(at, kPath.size(), "/echo ");
  return request;
}

std::string_view BodyOf(std::string_view request) {
  const std::size_t end = request.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : request.substr(end + 4);
}

std::string_view AuthorizationOf(std::string_view request) {
  constexpr std::string_view kName = "Authorization: ";
  const std::size_t at = request.find(kName);
  if (at == std::string_view::npos) return "";
  const std::string_view value = request.substr(at + kName.size());
  return value.substr(0, value.find("\r\n"));
}

void AddCases(Seeds& seeds) {
  char flags = 0;
  for (const conformance::Topic& topic : conformance::Topics()) {
    for (const conformance::Case& subject : topic.cases()) {
      seeds.Add("http", ToEcho(subject.request), ThreeCuts(flags++ & 15));
      seeds.Add("form", BodyOf(subject.request), "\x3f");
      const std::string_view header = AuthorizationOf(subject.request);
      seeds.Add("basic", header, Cut(header.size()) + Cut(header.size()) + '\0');
    }
  }
}

void AddConversations(Seeds& seeds) {
  for (const http::Vector& vector : http::SmugglingVectors()) {
    seeds.Add("http", vector.bytes, ThreeCuts(1));
  }
  for (std::uint64_t seed = 0; seed < kConversations; ++seed) {
    http::Mutator mutator(seed);
    seeds.Add("http", mutator.Conversation(), ThreeCuts(static_cast<char>(seed & 15)));
  }
}

void AddUpdates(Seeds& seeds) {
  const std::string lines = conformance::Updates();
  for (std::string_view rest = lines; !rest.empty();) {
    seeds.Add("update", text::TakeUntil(rest, '\n'), ThreeCuts(6));
  }
}

void AddConfigurations(Seeds& seeds) {
  const std::string whole = conformance::Configuration();
  seeds.Add("config", std::string_view(whole).substr(0, kBytesMax), "");
}

}  // namespace
}  // namespace introspectd

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 64;
  }
  introspectd::Seeds seeds(argv[1]);
  introspectd::AddCases(seeds);
  introspectd::AddConversations(seeds);
  introspectd::AddUpdates(seeds);
  introspectd::AddConfigurations(seeds);
}
