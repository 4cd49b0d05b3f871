// The ways in which each case is put to a server, and what must come back each time.
//
// Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/case.h"
#include "conformance/judge.h"

namespace introspectd::conformance {

enum class Mode : std::uint8_t {
  kWhole,       // in one piece
  kByteByByte,  // every byte on its own
  kCut,         // in two pieces, at every place
  kPipelined,   // before, behind and between good requests, in one piece
};

// One connection.
struct Trial {
  std::string label;                         // the case, its source and how it is sent
  std::shared_ptr<const std::string> bytes;  // shared by the trials of a case
  std::vector<std::size_t> cuts;             // where one piece ends and the next begins
  std::vector<Awaited> awaited;
  bool truncated = false;

  std::vector<std::string_view> pieces() const;
  bool ends_closed() const { return awaited.back().answer.closes; }
};

// Long requests are cut at every place near their two ends, and at some between.
std::vector<Trial> TrialsOf(const Case& subject, Mode mode);

// Drives one new connection: hands over the pieces in order and returns everything that was sent
// back; `closed` says whether the server ended the connection. It cannot play truncated cases.
using Exchange = std::function<std::string(std::vector<std::string_view> pieces, bool* closed)>;

// One line for each trial that went wrong; truncated ones are left out.
std::vector<std::string> Failures(std::span<const Trial> trials, const Exchange& exchange);

}  // namespace introspectd::conformance
