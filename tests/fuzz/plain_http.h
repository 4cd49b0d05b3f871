// A second reading of HTTP/1.1 requests, slow and plain, to set beside that of the session.
//
// Threads: values.
// Source:  RFC 9112, contract 3; written from them, and without anything of src/http.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace introspectd::fuzz {

struct PlainRequest {
  std::string method;
  std::string target;
  std::string body;     // what there is of it, when it is not whole
  bool whole = false;   // the head is, or it would not be here
  bool closes = false;  // nothing may be read behind it
};

// The requests at the front of `bytes`, up to the first that is not plain HTTP/1.0 or 1.1, or not
// whole. It knows no limits, and lets through what a chunk extension has in it, if it is text.
std::vector<PlainRequest> ReadPlainly(std::string_view bytes);

}  // namespace introspectd::fuzz
