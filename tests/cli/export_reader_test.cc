// Exports on their way: read, piped, written.

#include "export_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>

#include "byte_pipe.h"
#include "output_file.h"
#include "support/temp_dir.h"

namespace introspectd::cli {
namespace {

using ::testing::HasSubstr;

struct ReadExport {
  std::string handed_on;
  absl::Status status;
  std::uint64_t lines = 0;
};

ReadExport ReadInPieces(std::string_view bytes, std::size_t piece) {
  ReadExport result;
  ExportReader reader([&result](std::string_view line) {
    result.handed_on += std::string(line) + "\n";
    return true;
  });
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (!reader.Feed(bytes.substr(0, piece))) break;
  }
  result.status = reader.Finish();
  result.lines = reader.lines();
  return result;
}

constexpr std::string_view kExport =
    "{\"op\":\"position\",\"sequence\":9}\n"
    "{\"op\":\"upsert\",\"token_sha256\":\"ungWv48Bz-pBQUDeXa4iIw\",\"sequence\":3}\n"
    "{\"op\":\"revoke\",\"sub\":\"s\",\"sequence\":4}\n"
    "{\"op\":\"end\",\"lines\":2}\n";

TEST(ExportReaderTest, HandsAWholeExportOnAsItIs) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, kExport.size()}) {
    const ReadExport read = ReadInPieces(kExport, piece);
    EXPECT_TRUE(read.status.ok()) << read.status;
    EXPECT_EQ(read.handed_on, kExport);
    EXPECT_EQ(read.lines, 2u);
  }
}

TEST(ExportReaderTest, WhatIsCutAnywhereIsIncompleteAndDoesNotLookComplete) {
  for (std::size_t size = 0; size < kExport.size(); ++size) {
    const ReadExport read = ReadInPieces(kExport.substr(0, size), 16);
    EXPECT_EQ(read.status.code(), absl::StatusCode::kDataLoss) << size;
    EXPECT_THAT(std::string(read.status.message()), HasSubstr("the export is incomplete"));
    EXPECT_EQ(read.handed_on.find("\"end\""), std::string::npos) << size;
  }
}

TEST(ExportReaderTest, RefusesWhatIsNoExport) {
  constexpr std::string_view kPosition = "{\"op\":\"position\",\"sequence\":9}\n";
  constexpr std::string_view kToken = "{\"op\":\"upsert\"}\n";
  const auto end = [](std::string_view lines) {
    return "{\"op\":\"end\",\"lines\":" + std::string(lines) + "}\n";
  };
  const std::string position(kPosition);
  const std::string token(kToken);
  for (const std::string& bytes :
       {token + end("1"), end("0"), position + end("1"), position + token + end("2"),
        position + token + end("\"1\""), position + position + end("0"),
        position + end("0") + token, position + end("0") + end("0")}) {
    const ReadExport read = ReadInPieces(bytes, bytes.size());
    EXPECT_EQ(read.status.code(), absl::StatusCode::kDataLoss) << bytes;
    EXPECT_EQ(read.handed_on.find("\"end\""), std::string::npos) << bytes;
  }
  EXPECT_TRUE(ReadInPieces(position + end("0"), 100).status.ok());
}

TEST(BytePipeTest, BringsAllBytesAcross) {
  BytePipe pipe;
  std::string sent;
  for (int i = 0; i < 300'000; ++i) sent += std::to_string(i) + "\n";
  std::thread writer([&] {
    for (std::size_t at = 0; at < sent.size(); at += 1000) {
      if (!pipe.Write(std::string_view(sent).substr(at, 1000))) return;
    }
    pipe.EndWriting(true);
  });
  std::string received;
  std::string buffer(4096, '\0');
  while (const std::size_t size = pipe.Read(buffer).value()) received.append(buffer, 0, size);
  writer.join();
  EXPECT_EQ(received, sent);
}

TEST(BytePipeTest, TellsThatItWasBrokenOff) {
  BytePipe pipe;
  std::string buffer(16, '\0');
  EXPECT_TRUE(pipe.Write("abc"));
  pipe.EndWriting(false);
  EXPECT_EQ(pipe.Read(buffer), std::nullopt);
}

TEST(BytePipeTest, AWriterDoesNotWaitForAReaderThatHasGone) {
  BytePipe pipe;
  std::thread writer([&pipe] {
    const std::string bytes(BytePipe::kHeldBytesMax, 'x');
    while (pipe.Write(bytes)) {
    }
  });
  pipe.EndReading();
  writer.join();
  EXPECT_FALSE(pipe.Write("x"));
}

TEST(OutputFileTest, AppearsOnlyWhenItIsWhole) {
  const support::TempDir directory;
  const std::string name = (directory.path() / "export.ndjson").string();
  {
    auto output = OutputFile::Create(name);
    ASSERT_TRUE(output.ok());
    EXPECT_TRUE(output->Write("half"));
    EXPECT_FALSE(std::filesystem::exists(name));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));

  auto output = OutputFile::Create(name);
  ASSERT_TRUE(output.ok());
  EXPECT_TRUE(output->Write("whole"));
  EXPECT_TRUE(output->Commit().ok());
  EXPECT_EQ(support::ReadFile(name), "whole");
  EXPECT_EQ(std::filesystem::status(name).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(OutputFile::Create((directory.path() / "no" / "such").string()).ok());
}

}  // namespace
}  // namespace introspectd::cli
