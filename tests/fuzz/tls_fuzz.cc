// Whatever comes where TLS is spoken: nothing is taken for plain text that the client did not say,
// and none before hands were shaken; what is said to a stranger is bounded; and without any change
// on the way everything arrives.

#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_set_rand_method, see below

#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "input.h"
#include "support/certificates.h"
#include "tls/client.h"
#include "tls/context.h"
#include "tls/engine.h"

namespace introspectd::tls {
namespace {

using support::Authority;
using support::Certified;

constexpr std::string_view kSaid = "POST /introspect HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr Now kNow{.wall_us = 1'700'000'000 * kMicrosPerSecond, .boot_ms = 1000};
constexpr std::size_t kOutBytesMax = 16 * 1024;
constexpr int kTurnsMax = 32;

// The same input makes the same keys, so that what is found can be found again.
std::minstd_rand& Random() {
  static std::minstd_rand random;
  return random;
}

int FillAlike(unsigned char* out, int size) {
  std::generate_n(out, size, [] { return static_cast<unsigned char>(Random()() >> 8); });
  return 1;
}

void UseFixedRandom() {
  static const RAND_METHOD method{.seed = nullptr,
                                  .bytes = FillAlike,
                                  .cleanup = nullptr,
                                  .add = nullptr,
                                  .pseudorand = FillAlike,
                                  .status = [] { return 1; }};
  CHECK(RAND_set_rand_method(&method) == 1);
}

struct World {
  World() : context(MakeContext(AskClients::kNo)), asking(MakeContext(AskClients::kForAny)) {}

  std::shared_ptr<const Context> MakeContext(AskClients ask) const {
    const TlsConfig config{.certificate = "c",
                           .key = "k",
                           .client_ca = "a",
                           .pem = {certified.certificate, certified.key, authority.certificate()}};
    return std::make_shared<const Context>(std::make_shared<const Library>(), config,
                                           Context::Options{"data", ask, {}});
  }

  const Authority authority;
  const Certified certified = authority.Issue();
  const Certified client = authority.Issue(support::ClientSpec("gateway"));
  const std::shared_ptr<const Context> context;
  const std::shared_ptr<const Context> asking;
};

enum class Mode : std::uint8_t { kBytes, kBehindHello, kBehindHandshake, kChanged };

// What happens to the client's bytes at one place of its stream.
struct Change {
  std::size_t at;
  std::uint8_t kind;
  std::uint8_t value;
};

std::vector<Change> ChangesOf(std::string_view bytes) {
  const auto byte = [&bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  std::vector<Change> changes;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    changes.push_back(
        {static_cast<std::size_t>(byte(i) << 8 | byte(i + 1)), byte(i + 2), byte(i + 3)});
  }
  return changes;
}

class Connection {
 public:
  Connection(const World& world, std::uint8_t flags)
      : has_certificate_((flags & 8) != 0),
        releases_((flags & 16) != 0),
        piece_((flags & 32) != 0 ? 7 : SIZE_MAX),
        server_((flags & 4) != 0 ? world.asking : world.context),
        client_({.version = (flags & 64) != 0 ? TLS1_2_VERSION : TLS1_3_VERSION,
                 .certified = has_certificate_ ? world.client : Certified{}}) {}

  void Say(std::string_view plain) {
    said_ += plain;
    client_.Say(plain);
  }

  // What the client sends by itself, changed on its way.
  void Talk(const std::vector<Change>& changes) {
    for (int turn = 0; turn < kTurnsMax; ++turn) {
      const std::string bytes = client_.Next();
      if (bytes.empty()) return;
      Receive(Changed(bytes, changes));
    }
  }

  std::string Hello() { return client_.Next(); }

  void Receive(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece_, bytes.size() - at)) {
      ReceivePiece(bytes.substr(at, piece_));
    }
  }

  void CheckEnd(bool unchanged) {
    if (unchanged) CHECK(server_.state() == Engine::State::kOpen && heard_ == said_);
    if (server_.state() == Engine::State::kHandshake) return;
    const auto certificate = server_.ReadCertificate();
    CHECK(!certificate || has_certificate_);
    server_.End();
    Collect();
  }

  bool open() const { return server_.state() == Engine::State::kOpen; }

 private:
  void ReceivePiece(std::string_view bytes) {
    const bool failed = server_.state() == Engine::State::kFailed;
    std::vector<char> plain(Engine::PlainRoom(bytes.size()));
    const std::size_t size = server_.Receive(bytes, kNow, plain);
    CHECK(size == 0 || (!failed && server_.state() != Engine::State::kHandshake));
    heard_.append(plain.data(), size);
    CHECK(said_.starts_with(heard_));
    Collect();
    if (releases_) server_.ReleaseBuffers();
  }

  void Collect() {
    std::string out;
    server_.Send({}, out);
    sent_ += out.size();
    CHECK(sent_ <= kOutBytesMax);
    client_.Feed(out);
  }

  // `bytes` are the next of the client's stream.
  std::string Changed(const std::string& bytes, const std::vector<Change>& changes) {
    std::string changed = bytes;
    for (const auto& [at, kind, value] : changes) {
      if (at < stream_ || at - stream_ >= bytes.size()) continue;
      const std::size_t place = std::min(at - stream_, changed.size());
      const std::string some = changed.substr(place, value);
      switch (kind % 4) {
        case 0:
          if (place < changed.size()) changed[place] = static_cast<char>(changed[place] ^ value);
          break;
        case 1:
          changed.insert(place, 1, static_cast<char>(value));
          break;
        case 2:
          changed.erase(place, value);
          break;
        default:
          changed.insert(place, some);
      }
    }
    stream_ += bytes.size();
    return changed;
  }

  const bool has_certificate_;
  const bool releases_;
  const std::size_t piece_;
  Engine server_;
  Client client_;
  std::string said_;
  std::string heard_;
  std::size_t sent_ = 0;
  std::size_t stream_ = 0;
};

void CheckConnection(fuzz::Input input) {
  static const World world;
  Random().seed(1);
  const std::uint8_t flags = input.TakeByte();
  const auto mode = static_cast<Mode>(flags & 3);
  Connection connection(world, flags);
  if (mode == Mode::kChanged) {
    const std::vector<Change> changes = ChangesOf(input.rest());
    connection.Say(kSaid);
    connection.Talk(changes);
    return connection.CheckEnd(changes.empty());
  }
  if (mode == Mode::kBehindHello) connection.Receive(connection.Hello());
  if (mode == Mode::kBehindHandshake) {
    connection.Talk({});
    CHECK(connection.open());
  }
  connection.Receive(input.rest());
  connection.CheckEnd(false);
}

}  // namespace
}  // namespace introspectd::tls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool alike = (introspectd::tls::UseFixedRandom(), true);
  CHECK(alike);
  introspectd::tls::CheckConnection({data, size});
  return 0;
}
