// What introspect-cli does without a node, as processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/program.h"
#include "crypto/secret_hash.h"
#include "population/population.h"
#include "support/temp_dir.h"

namespace introspectd::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

bool Matches(const std::string& hash, const std::string& secret) {
  const auto parsed = crypto::SecretHash::Parse(hash);
  return parsed.ok() && parsed->Matches(secret);
}

TEST(MainTest, SaysItsVersionAndItsCommands) {
  EXPECT_EQ(RunCli({"--version"}).out, "introspect-cli " INTROSPECTD_VERSION "\n");
  const Ran help = RunCli({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* const command :
       {"warm", "push", "revoke", "export", "status", "hash-secret", "generate", "schema"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
    EXPECT_EQ(RunCli({command, "--help"}).code, 0);
  }
}

TEST(MainTest, UnusableArgumentsAreExitCode2) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"sing"},
           {"warm"},
           {"warm", "/no/such/file"},
           {"warm", "-", "--from", "http://127.0.0.1:1"},
           {"warm", "-", "--batch", "0"},
           {"warm", "-", "--issuer", "i"},
           {"warm", "-", "--from-token", "t"},
           {"schema"},
           {"schema", "--issuer", "i", "--line-bytes-max", "5"},
           {"generate"},
           {"generate", "5"},
           {"generate", "-5", "--seed", "1"},
           {"generate", "5", "--seed", "1", "--revoked", "1.5"},
           {"hash-secret", "a", "b"},
           {"hash-secret", "--kdf", "md5"},
           {"hash-secret", "--log2-n", "21"},
           {"hash-secret", "--log2-n", "20", "--block-size", "32"},
           {"hash-secret", "--kdf", "pbkdf2", "--iterations", "1"}}) {
    const Ran ran = RunCli(arguments, {.input = "secret"});
    EXPECT_EQ(ran.code, 2) << ::testing::PrintToString(arguments) << ran.err;
    EXPECT_THAT(ran.err, StartsWith("introspect-cli: "));
    EXPECT_THAT(ran.out, IsEmpty());
  }
}

TEST(GenerateTest, WritesTheUpdatesOfThePopulation) {
  const Ran ran =
      RunCli({"generate", "500", "--seed", "42", "--now", "1700000000", "--revoked", "0.1"});
  EXPECT_EQ(ran.code, 0);
  const population::Population population({.seed = 42, .now = 1'700'000'000, .revoked_share = 0.1});
  std::string expected;
  for (std::uint64_t i = 0; i < 500; ++i) population.AppendUpdates(i, expected);
  EXPECT_EQ(ran.out, expected);
}

TEST(GenerateTest, TimesComeFromTheClockUnlessTold) {
  const Ran ran = RunCli({"generate", "1", "--seed", "42"});
  const population::Population population({.seed = 42, .now = std::time(nullptr)});
  EXPECT_THAT(ran.out, HasSubstr(population.Token(0)));
  const std::size_t at = ran.out.find("\"exp\":");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(std::atoll(ran.out.c_str() + at + 6), std::time(nullptr));
}

TEST(GenerateTest, AFullDiskIsAnError) {
  const Ran ran = RunCli({"generate", "10000", "--seed", "1"}, {.output_file = "/dev/full"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("No space left on device"));
}

TEST(HashSecretTest, HashesASecretFromAnywhere) {
  const support::TempDir directory;
  const std::string file = "@" + directory.Write("secret", "hunter22\n").string();
  for (const auto& [argument, input] : std::vector<std::pair<std::string, std::string>>{
           {"-", "hunter22"}, {"-", "hunter22\n"}, {file, ""}, {"hunter22", ""}}) {
    const Ran ran = RunCli({"hash-secret", argument, "--log2-n", "8"}, {.input = input});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(Matches(FirstLine(ran.out), "hunter22")) << ran.out;
    EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("hunter22")));
  }
}

TEST(HashSecretTest, TakesCosts) {
  const RunOptions secret{.input = "hunter22"};
  EXPECT_THAT(RunCli({"hash-secret"}, secret).out, StartsWith("$scrypt$ln=15,r=8,p=3$"));
  EXPECT_THAT(
      RunCli({"hash-secret", "--log2-n", "9", "--block-size", "4", "--parallel", "2"}, secret).out,
      StartsWith("$scrypt$ln=9,r=4,p=2$"));
  const Ran pbkdf2 = RunCli({"hash-secret", "--kdf", "pbkdf2", "--iterations", "2000"}, secret);
  EXPECT_THAT(pbkdf2.out, StartsWith("$pbkdf2-sha256$i=2000$"));
  EXPECT_TRUE(Matches(FirstLine(pbkdf2.out), "hunter22"));
}

TEST(HashSecretTest, AnEmptySecretIsUnusable) {
  EXPECT_EQ(RunCli({"hash-secret"}, {.input = "\n"}).code, 2);
  EXPECT_EQ(RunCli({"hash-secret", "@/no/such/file"}).code, 2);
}

TEST(HashSecretTest, WhatIsTypedOnATerminalIsNotShown) {
  const Ran ran = RunCliOnTerminal({"hash-secret", "--log2-n", "8"}, "not shown", "hunter22\n");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("$scrypt$ln=8,"), Not(HasSubstr("hunter22"))));
  const std::string hash = ran.out.substr(ran.out.find('$'));
  EXPECT_TRUE(Matches(hash.substr(0, hash.find('\r')), "hunter22"));
}

TEST(HashSecretTest, ASecretInTheArgumentsIsWarnedOfOnATerminal) {
  const Ran ran = RunCliOnTerminal({"hash-secret", "hunter22", "--log2-n", "8"}, "never asked", "");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("the secret was an argument"), Not(HasSubstr("hunter22"))));
}

}  // namespace
}  // namespace introspectd::cli
