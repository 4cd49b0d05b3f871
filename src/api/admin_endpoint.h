// The control plane: pushes, exports, status (contract 6). One endpoint a connection.
//
// Threads: the control loop.
// Limits:  limits.update_batch_bytes_max of a body are read ahead of being visible.
// Source:  RFC 6750 for its bearer tokens.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/control.h"
#include "http/handler.h"
#include "update/feed.h"

namespace introspectd::api {

class AdminEndpoint final : public http::Handler {
 public:
  explicit AdminEndpoint(Control& control) : control_(control) {}
  ~AdminEndpoint() override;

  // The connection is gone; what it pushed and was not told of may or may not be applied.
  void Abandon() { EndFeed(); }

  http::Plan OnHead(http::Exchange& exchange) override;
  bool OnBody(std::string_view part, Now now) override;
  http::Progress OnRequest(http::Exchange& exchange) override;
  http::Reply OnDeferred(std::uint32_t deferred, Now now) override;  // never
  std::string_view RefusalBody(int status) override;

 private:
  enum class Call : std::uint8_t { kNone, kPush, kLoad, kExport, kExplain, kStatus, kMetrics };

  Call CallOf(const http::Head& head, Now now, http::Reply& refused) const;
  bool Allows(const client::AdminToken& token, Call call) const;
  const client::AdminToken* Authenticate(http::Exchange& exchange, bool& pending);
  void BeginFeed(const client::AdminToken& token);
  void EndFeed();
  void OnProgress(update::Feed& feed);
  http::Progress FinishFeed(http::Exchange& exchange);
  std::string Report(std::string_view failure) const;
  http::Reply Explain(std::string_view body, Now now);

  update::Pipeline& pipeline() { return call_ == Call::kLoad ? control_.pipeline : control_.entry; }

  Control& control_;
  Call call_ = Call::kNone;
  std::string token_name_;
  http::Ticket ticket_;
  std::optional<update::Feed> feed_;
  bool paused_ = false;  // the session waits for the feed
  Form form_;            // of a question
  std::string body_;     // of the answer
};

}  // namespace introspectd::api
