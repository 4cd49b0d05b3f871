// introspect-cli export: everything that is alive, into a file that is whole or not there.

#include <fmt/core.h>

#include <memory>
#include <string>

#include "commands.h"
#include "console.h"
#include "export_reader.h"
#include "load_export.h"
#include "output_file.h"

namespace introspectd::cli {

namespace {

absl::Status Export(const AdminOptions& admin, const std::string& file) {
  absl::StatusOr<fetch::Client> client = Connect(admin);
  if (!client.ok()) return client.status();
  absl::StatusOr<OutputFile> output = OutputFile::Create(file);
  if (!output.ok()) return output.status();

  ExportReader reader(
      [&output](std::string_view line) { return output->Write(line) && output->Write("\n"); });
  Console console;
  absl::Status status = FetchExport(*client, [&](std::string_view bytes) {
    console.ShowProgress("exporting", reader.lines(), 0);
    return reader.Feed(bytes);
  });
  if (output->failed()) return output->Commit();
  // Cancelled: the reader has found something wrong.
  if (status.ok() || absl::IsCancelled(status)) status = reader.Finish();
  if (absl::IsDataLoss(status)) return status;
  if (!status.ok()) {
    return absl::DataLossError("the export is incomplete: " + std::string(status.message()));
  }
  status = output->Commit();
  if (status.ok() && file != "-") fmt::print("{}: {} lines\n", file, reader.lines());
  return status;
}

}  // namespace

void AddExport(CLI::App& app, const AdminOptions& admin, Command& command) {
  CLI::App* const sub = app.add_subcommand(
      "export", "Write everything that is alive, as lines that warm can load into another node");
  const auto file = std::make_shared<std::string>("-");
  sub->add_option("-o,--output", *file, "The file, complete or not there; - is standard output")
      ->capture_default_str();
  sub->callback([&admin, &command, file] {
    command = [&admin, file] {
      const absl::Status status = Export(admin, *file);
      return status.ok() ? kDone : Fail(status);
    };
  });
}

}  // namespace introspectd::cli
