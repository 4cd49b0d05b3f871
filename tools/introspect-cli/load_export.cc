#include "load_export.h"

#include <string>
#include <thread>
#include <utility>

#include "byte_pipe.h"
#include "export_reader.h"

namespace introspectd::cli {

namespace {

absl::Status PassOn(const ExportSource& source, BytePipe& pipe, Console& console) {
  ExportReader reader(
      [&pipe](std::string_view line) { return pipe.Write(line) && pipe.Write("\n"); });
  absl::Status status = source([&](std::string_view bytes) {
    console.ShowProgress("loading", reader.lines(), 0);
    return reader.Feed(bytes);
  });
  // Cancelled: either nobody takes it any more, or the reader found something wrong with it.
  if (status.ok() || absl::IsCancelled(status)) status = reader.Finish();
  return status;
}

}  // namespace

absl::Status FetchExport(fetch::Client& client, const fetch::Sink& take) {
  const auto response = client.Perform({.target = kTokensTarget, .sink = take});
  return response.ok() ? Judge(client, *response) : response.status();
}

PushOutcome LoadExport(fetch::Client& node, const ExportSource& source, Console& console) {
  BytePipe pipe;
  absl::Status produced;
  std::thread producer([&] {
    produced = PassOn(source, pipe, console);
    pipe.EndWriting(produced.ok());
  });
  PushOutcome outcome = Push(node, std::string(kTokensTarget) + "?to=node",
                             [&pipe](std::span<char> buffer) { return pipe.Read(buffer); });
  pipe.EndReading();
  producer.join();
  // A source that failed is why the push was given up.
  const bool given_up = outcome.status.ok() || absl::IsCancelled(outcome.status);
  if (given_up && !produced.ok()) outcome.status = std::move(produced);
  return outcome;
}

}  // namespace introspectd::cli
