// The engine in a program of its own: a gateway that knows its issuer's tokens without asking.

#include <iostream>
#include <string>
#include <string_view>

#include "introspectd/introspection.h"
#include "introspectd/store.h"
#include "introspectd/update.h"

namespace {

using introspectd::Caller;
using introspectd::Introspector;
using introspectd::Now;
using introspectd::Pusher;
using introspectd::Store;
using introspectd::TokenDigest;
using introspectd::Updater;
using introspectd::Verdict;

constexpr const char* kIssuer = "https://server.example.com/";
constexpr Now kNow{.wall_us = 1'700'000'000 * introspectd::kMicrosPerSecond};

// What the issuer says, a line at a time.
constexpr std::string_view kUpdates[] = {
    R"({"op":"upsert","token":"2YotnFZFEjr1zCsicMWpAA","claims":{"client_id":"l238j323ds-23ij4",)"
    R"("username":"jdoe","scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",)"
    R"("aud":"https://api.example/","exp":1700003600}})",

    R"({"op":"upsert","token":"tGzv3JOkF0XG5Qx2TlKWIA","claims":{"sub":"Z5O3upPC88QrAjx00dis",)"
    R"("aud":"https://mail.example/","exp":1700003600}})",

    R"({"op":"upsert","token":"SlAV32hkKG","claims":{"sub":"248289761001",)"
    R"("aud":"https://api.example/","iat":1699990000,"exp":1700003600}})",

    R"({"op":"revoke","sub":"248289761001"})",

    R"({"op":"upsert","token":"mF_9.B5f-4.1JqM","claims":{"exp":"soon"}})",
};

// One thread, any one, changes the store.
void Learn(Store& store) {
  const Pusher issuer{.issuers = {kIssuer}};
  Updater updater(store);
  for (const std::string_view update : kUpdates) {
    const std::string wrong = updater.Apply(update, issuer, kNow);
    if (!wrong.empty()) std::cout << "refused: " << wrong << "\n";
  }
  updater.Publish();
}

// Any number of threads ask it, each with a reader of its own.
void Ask(Store& store) {
  const Caller gateway({.id = "gateway", .audiences = {"https://api.example/"}}, kIssuer);
  Store::Reader reader(store);
  Introspector introspector(reader);
  for (const std::string_view token :
       {"2YotnFZFEjr1zCsicMWpAA", "tGzv3JOkF0XG5Qx2TlKWIA", "SlAV32hkKG", "mF_9.B5f-4.1JqM"}) {
    const Store::Visit visit(reader);
    const Verdict verdict =
        introspector.Ask({.token = TokenDigest::Of(token)}, gateway, kNow.seconds());
    const bool active = verdict.kind == Verdict::Kind::kActive;
    std::cout << token << ": " << (active ? verdict.body : introspectd::kInactiveAnswer) << "\n";
  }
}

}  // namespace

int main() {
  Store store({.issuer = kIssuer});
  Learn(store);
  Ask(store);
}
