// Streams token updates to the control plane: chunked POSTs, one after the other, on one keep-alive
// connection.
//
// Threads: one owner, one thread; its calls block.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "load/answer.h"
#include "load/endpoint.h"

namespace introspectd::load {

// What the answers add up to.
struct Acknowledged {
  std::int64_t lines = 0;
  std::int64_t applied = 0;
  std::int64_t expired = 0;
  std::int64_t rejected = 0;
};

class UpdateStream {
 public:
  // Takes over `fd`, which must block. `token` is the bearer token of the control plane.
  UpdateStream(int fd, const Endpoint& endpoint, std::string_view token);
  ~UpdateStream();
  UpdateStream(const UpdateStream&) = delete;
  UpdateStream& operator=(const UpdateStream&) = delete;

  // One request: Begin, SendChunk as often as wanted, End. The answer to the one before must have
  // been taken.
  absl::Status Begin();
  absl::Status SendChunk(std::string_view ndjson);
  absl::Status End();

  // Waits for the answer to the last request, if one is awaited, and adds what it acknowledges.
  // Anything but 200 is an error.
  absl::Status TakeAnswer(Acknowledged& acknowledged);

 private:
  absl::Status Write(std::initializer_list<std::string_view> parts);
  absl::Status ReadAnswer(Answer& answer);

  int fd_;
  std::string head_;
  bool awaited_ = false;
  std::vector<char> input_;
};

}  // namespace introspectd::load
