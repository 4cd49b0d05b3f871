#include "http/referee.h"

#include <algorithm>
#include <array>

namespace introspectd::http {

namespace {

constexpr std::array<std::string_view, 8> kMethods{"POST",   "GET",     "HEAD",  "PUT",
                                                   "DELETE", "OPTIONS", "PATCH", "TRACE"};

Referee& Self(llhttp_t* parser) { return *static_cast<Referee*>(parser->data); }

}  // namespace

Referee::Referee() { llhttp_init(&parser_, HTTP_REQUEST, &Settings()); }

bool Referee::Knows(std::string_view method) {
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

const llhttp_settings_t& Referee::Settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = OnUrl;
    s.on_header_value_complete = OnHeader;
    s.on_body = OnBody;
    s.on_message_complete = OnComplete;
    return s;
  }();
  return settings;
}

int Referee::OnUrl(llhttp_t* parser, const char* /*at*/, std::size_t size) {
  Self(parser).url_bytes_ += size;
  return HPE_OK;
}

int Referee::OnHeader(llhttp_t* parser) {
  ++Self(parser).headers_;
  return HPE_OK;
}

int Referee::OnBody(llhttp_t* parser, const char* at, std::size_t size) {
  Referee& self = Self(parser);
  if (self.body_ == nullptr) return HPE_USER;  // a body inside what the gate took for the head
  self.body_->append(at, size);
  return HPE_OK;
}

int Referee::OnComplete(llhttp_t* parser) {
  Self(parser).complete_ = true;
  return HPE_PAUSED;
}

bool Referee::AgreesOnHead(std::string_view bytes, const Head& head) {
  llhttp_init(&parser_, HTTP_REQUEST, &Settings());
  parser_.data = this;
  body_ = nullptr;
  headers_ = 0;
  url_bytes_ = 0;
  complete_ = false;
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes.data(), bytes.size());
  const bool whole =
      complete_ == !head.has_body() &&
      (error == HPE_OK || error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE) &&
      (error == HPE_OK || llhttp_get_error_pos(&parser_) == bytes.data() + bytes.size());
  const bool chunked = (parser_.flags & F_CHUNKED) != 0;
  return whole && llhttp_method_name(static_cast<llhttp_method_t>(parser_.method)) == head.method &&
         parser_.http_major == head.version.major && parser_.http_minor == head.version.minor &&
         url_bytes_ == head.target.size() && headers_ == head.header_count &&
         chunked == head.chunked &&
         (chunked || parser_.content_length == head.content_length.value_or(0));
}

bool Referee::AgreesOnChunks(std::string_view bytes, bool last, std::string& body) {
  body_ = &body;
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes.data(), bytes.size());
  body_ = nullptr;
  if (!last) return error == HPE_OK && !complete_;
  return complete_ && (error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE) &&
         llhttp_get_error_pos(&parser_) == bytes.data() + bytes.size();
}

}  // namespace introspectd::http
