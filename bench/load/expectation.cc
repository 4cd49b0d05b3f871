#include "load/expectation.h"

#include "absl/hash/hash.h"

namespace introspectd::load {

namespace {

constexpr std::string_view kInactive = R"({"active":false})";

// One member of that name, at any depth, has the value. In JSON, its name between quotes and before
// a colon is nothing else.
bool HasSubject(std::string_view body, std::uint64_t subject) {
  constexpr std::string_view kName = R"("sub":)";
  for (std::size_t at = body.find(kName); at != body.npos; at = body.find(kName, at)) {
    at += kName.size();
    std::size_t end = at + 1;
    while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2u : 1u;
    if (end < body.size() && SubjectOf(body.substr(at, end + 1 - at)) == subject) return true;
  }
  return false;
}

}  // namespace

std::uint64_t SubjectOf(std::string_view raw_value) { return absl::HashOf(raw_value) | 1; }

bool IsRight(const Answer& answer, const Expectation& expected, const Given& given) {
  if (expected.kind == Expectation::Kind::kGiven) {
    return answer.status == given.status && answer.body.starts_with(given.body_start);
  }
  if (answer.status != 200) return false;
  if (answer.body == kInactive) return expected.kind != Expectation::Kind::kActive;
  if (!answer.body.starts_with(kActiveStart) || expected.kind == Expectation::Kind::kInactive) {
    return false;
  }
  return expected.subject == 0 || HasSubject(answer.body, expected.subject);
}

}  // namespace introspectd::load
