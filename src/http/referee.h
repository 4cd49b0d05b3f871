// The referee: llhttp, which must read every message exactly as the gates did.
//
// Threads: loop-confined. llhttp never calls code of ours that could change it: the callbacks only
//          note what was found. It begins anew with every message.
// Source:  llhttp 8.1.0 as Debian ships it, built strict. Its own weaknesses (CVE-2024-27982 and
// others)
//          are why the gates stand before it; that it must agree is why they are no parser alone.
#pragma once

#include <llhttp/llhttp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.h"

namespace introspectd::http {

class Referee {
 public:
  Referee();

  // Whether llhttp knows the method; only then can it be asked.
  static bool Knows(std::string_view method);

  // Reads `bytes`, the whole head; true when llhttp finds in it what `head` says.
  [[nodiscard]] bool AgreesOnHead(std::string_view bytes, const Head& head);

  // Reads the next bytes of a chunked body, appending what they hold to `body`. False on any error,
  // or when llhttp's message ends elsewhere than `last` says.
  [[nodiscard]] bool AgreesOnChunks(std::string_view bytes, bool last, std::string& body);

 private:
  static int OnBody(llhttp_t* parser, const char* at, std::size_t size);
  static int OnHeader(llhttp_t* parser);
  static int OnUrl(llhttp_t* parser, const char* at, std::size_t size);
  static int OnComplete(llhttp_t* parser);
  static const llhttp_settings_t& Settings();

  llhttp_t parser_;
  std::string* body_ = nullptr;
  std::size_t headers_ = 0;
  std::size_t url_bytes_ = 0;
  bool complete_ = false;
};

}  // namespace introspectd::http
