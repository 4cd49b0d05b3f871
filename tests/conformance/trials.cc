#include "conformance/trials.h"

#include <numeric>

#include "fmt/format.h"
#include "support/world.h"

namespace introspectd::conformance {

namespace {

constexpr std::size_t kCutEverywhereMax = 2048;
constexpr std::size_t kCutHead = 450;
constexpr std::size_t kCutTail = 50;
constexpr std::size_t kCutStep = 3001;

std::vector<std::size_t> CutsOf(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < size; ++at) {
    const bool near_an_end = at <= kCutHead || at + kCutTail >= size;
    if (size <= kCutEverywhereMax || near_an_end || at % kCutStep == 0) cuts.push_back(at);
  }
  return cuts;
}

Awaited AwaitedOf(const Case& subject) {
  return {subject.answer, subject.request.starts_with("HEAD ")};
}

// Two good requests whose answers differ, so that an answer out of order is seen.
std::string GoodBefore() { return Request{}.Bytes(); }
std::string GoodAfter() { return Request{.body = "token=behind+another"}.Bytes(); }

Trial TrialOf(const Case& subject, std::string_view how, std::shared_ptr<const std::string> bytes) {
  return {.label = fmt::format("{} [{}], {}", subject.name, subject.source, how),
          .bytes = std::move(bytes),
          .cuts = {},
          .awaited = {AwaitedOf(subject)},
          .truncated = subject.truncated};
}

Trial PipelinedTrial(const Case& subject, std::string_view how, bool before, bool after) {
  std::string bytes = subject.request;
  if (before) bytes = GoodBefore() + bytes;
  if (after) bytes += GoodAfter();
  Trial trial = TrialOf(subject, how, std::make_shared<const std::string>(std::move(bytes)));
  if (before) trial.awaited.insert(trial.awaited.begin(), {Example()});
  if (after && !subject.answer.closes) trial.awaited.push_back({Inactive()});
  return trial;
}

std::vector<Trial> PipelinedTrials(const Case& subject) {
  std::vector<Trial> trials = {PipelinedTrial(subject, "behind a good request", true, false)};
  if (subject.truncated) return trials;
  trials.push_back(PipelinedTrial(subject, "before a good request", false, true));
  trials.push_back(PipelinedTrial(subject, "between good requests", true, true));
  return trials;
}

}  // namespace

std::vector<std::string_view> Trial::pieces() const {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    out.push_back(std::string_view(*bytes).substr(begin, cut - begin));
    begin = cut;
  }
  out.push_back(std::string_view(*bytes).substr(begin));
  return out;
}

std::vector<Trial> TrialsOf(const Case& subject, Mode mode) {
  const auto bytes = std::make_shared<const std::string>(subject.request);
  std::vector<Trial> trials;
  switch (mode) {
    case Mode::kWhole:
      trials.push_back(TrialOf(subject, "whole", bytes));
      break;
    case Mode::kByteByByte:
      trials.push_back(TrialOf(subject, "byte by byte", bytes));
      trials.back().cuts.resize(bytes->size() - 1);
      std::iota(trials.back().cuts.begin(), trials.back().cuts.end(), std::size_t{1});
      break;
    case Mode::kCut:
      for (const std::size_t at : CutsOf(bytes->size())) {
        trials.push_back(TrialOf(subject, fmt::format("cut at {}", at), bytes));
        trials.back().cuts = {at};
      }
      break;
    case Mode::kPipelined:
      trials = PipelinedTrials(subject);
      break;
  }
  return trials;
}

std::vector<std::string> Failures(std::span<const Trial> trials, const Exchange& exchange) {
  std::vector<std::string> failures;
  for (const Trial& trial : trials) {
    if (trial.truncated) continue;
    bool closed = false;
    const std::string received = exchange(trial.pieces(), &closed);
    const std::string wrong = JudgeStream(trial.awaited, received, closed);
    if (!wrong.empty()) failures.push_back(trial.label + ": " + wrong);
  }
  return failures;
}

}  // namespace introspectd::conformance
