// introspect-cli generate --jwt, as a process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "crypto/private_key.h"
#include "jose/jwk.h"
#include "population/jwt_updates.h"
#include "support/temp_dir.h"

namespace introspectd::cli {
namespace {

using crypto::PrivateKey;
using crypto::SignatureAlgorithm;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class GenerateJwtTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }

  // A new key, in a file.
  std::string KeyFile(SignatureAlgorithm algorithm, int rsa_bits = 2048) const {
    return directory_.Write("key.pem", PrivateKey::Generate(algorithm, rsa_bits).ToPem()).string();
  }

  static Ran Generate(const std::string& algorithm, const std::string& key_file,
                      const std::vector<std::string>& more = {}, const std::string& count = "300") {
    std::vector<std::string> arguments = {"generate",  count,        "--seed", "42",
                                          "--now",     "1700000000", "--jwt",  algorithm,
                                          "--revoked", "0.1",        "--key",  key_file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(arguments);
  }

  support::TempDir directory_;
};

std::string Expected(SignatureAlgorithm algorithm, const std::string& key_file) {
  auto key = PrivateKey::FromPem(support::ReadFile(key_file)).value();
  const auto minter = population::JwtMinter::Create(algorithm, std::move(key)).value();
  const population::Population population({.seed = 42, .now = 1'700'000'000, .revoked_share = 0.1});
  std::string lines;
  population::MintUpdates(population, minter, 300, 1, [&lines](std::string_view more) {
    lines += more;
    return true;
  });
  return lines;
}

TEST_F(GenerateJwtTest, TheSeedAndTheKeyDecideWhereSignaturesAreNotRandom) {
  for (const auto algorithm : {SignatureAlgorithm::kRs256, SignatureAlgorithm::kEdDsa}) {
    const std::string key_file = KeyFile(algorithm);
    const Ran ran = Generate(std::string(crypto::NameOf(algorithm)), key_file);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(ran.out == Expected(algorithm, key_file));
  }
}

TEST_F(GenerateJwtTest, AnotherRunOfEs256MakesOtherTokensOfTheSameKind) {
  const std::string key_file = KeyFile(SignatureAlgorithm::kEs256);
  const Ran one = Generate("ES256", key_file);
  const Ran other = Generate("ES256", key_file);
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out.size(), other.out.size());
  EXPECT_NE(one.out, other.out);
}

TEST_F(GenerateJwtTest, WritesTheKeySetOfAnIssuer) {
  const std::string key_file = KeyFile(SignatureAlgorithm::kEs384);
  const Ran ran = Generate("ES384", key_file, {"--jwks", Path("keys.json")}, "0");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, IsEmpty());
  const std::string text = support::ReadFile(Path("keys.json"));
  EXPECT_THAT(text, AllOf(HasSubstr(R"("use":"sig","alg":"ES384")"), Not(HasSubstr(R"("d":)"))));
  const auto set = jose::ParseJwkSet(text);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->keys.size(), 1u);
  const auto key = PrivateKey::FromPem(support::ReadFile(key_file)).value();
  EXPECT_EQ(set->keys[0].thumbprint, jose::ThumbprintOf(key.public_key()));
  const auto mode = std::filesystem::status(Path("keys.json")).permissions();
  EXPECT_NE(mode & std::filesystem::perms::others_read, std::filesystem::perms::none)
      << "the server is somebody else";
}

TEST_F(GenerateJwtTest, SaysHowToMakeAKeyThatIsMissing) {
  const Ran ran = Generate("RS256", Path("none.pem"), {"--jwks", Path("keys.json")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("none.pem: No such file"),
                             EndsWith("openssl genpkey -algorithm RSA -pkeyopt "
                                      "rsa_keygen_bits:2048 -out " +
                                      Path("none.pem") + "\n")));
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(Path("keys.json")));
}

TEST_F(GenerateJwtTest, TheAlgorithmAndTheKeyMustFit) {
  for (const auto& [algorithm, of, hint] :
       {std::tuple{"ES256", SignatureAlgorithm::kRs256, "EC -pkeyopt ec_paramgen_curve:P-256"},
        std::tuple{"ES384", SignatureAlgorithm::kEs512, "EC -pkeyopt ec_paramgen_curve:P-384"},
        std::tuple{"ES512", SignatureAlgorithm::kEs256, "EC -pkeyopt ec_paramgen_curve:P-521"},
        std::tuple{"EdDSA", SignatureAlgorithm::kEs256, "ED25519"},
        std::tuple{"PS256", SignatureAlgorithm::kEdDsa, "RSA -pkeyopt rsa_keygen_bits:2048"}}) {
    const Ran ran = Generate(algorithm, KeyFile(of));
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err,
                AllOf(HasSubstr(std::string(algorithm) + " is not for a key of "),
                      EndsWith("-algorithm " + std::string(hint) + " -out ANOTHER_FILE\n")));
    EXPECT_THAT(ran.out, IsEmpty());
  }
}

TEST_F(GenerateJwtTest, AnotherFileIsNoKey) {
  const PrivateKey key = PrivateKey::Generate(SignatureAlgorithm::kEs256);
  std::string broken = key.ToPem();
  broken[40] = '*';
  for (const std::string& content : {std::string(), std::string("key"), broken}) {
    const Ran ran = Generate("ES256", directory_.Write("key.pem", content).string());
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("--key: "), Not(HasSubstr(broken.substr(45, 30)))));
    EXPECT_THAT(ran.out, IsEmpty());
  }
  EXPECT_THAT(Generate("RS256", KeyFile(SignatureAlgorithm::kRs256, 1024)).err,
              HasSubstr("fewer than 2048 bits"));
}

TEST_F(GenerateJwtTest, OptionsThatMeanNothingAloneAreExitCode2) {
  const std::string key_file = KeyFile(SignatureAlgorithm::kEs256);
  for (const std::vector<std::string>& options : std::vector<std::vector<std::string>>{
           {"--jwt", "ES256"},
           {"--key", key_file},
           {"--jwks", Path("keys.json")},
           {"--jwt", "HS256", "--key", key_file},
           {"--jwt", "es256", "--key", key_file},
           {"--jwt", "none", "--key", key_file},
           {"--jwt", "ES256", "--key", key_file, "--jwks", "-"},
           {"--jwt", "ES256", "--key", key_file, "--jwks", key_file}}) {
    std::vector<std::string> arguments = {"generate", "5", "--seed", "1"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Ran ran = RunCli(arguments);
    EXPECT_EQ(ran.code, 2) << ::testing::PrintToString(options) << ran.err;
    EXPECT_THAT(ran.out, IsEmpty());
  }
  EXPECT_TRUE(PrivateKey::FromPem(support::ReadFile(key_file)).ok()) << "it is still there";
}

TEST_F(GenerateJwtTest, AFileThatCannotBeWrittenIsAnError) {
  const std::string key_file = KeyFile(SignatureAlgorithm::kEs256);
  const Ran unwritable = Generate("ES256", key_file, {"--jwks", Path("none/keys.json")});
  EXPECT_EQ(unwritable.code, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("No such file or directory"));
  EXPECT_THAT(unwritable.out, IsEmpty());
  const Ran full =
      RunCli({"generate", "1000000000", "--seed", "1", "--jwt", "ES256", "--key", key_file},
             {.output_file = "/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("No space left on device"));
}

TEST_F(GenerateJwtTest, HelpSaysWhatANodeNeedsAndWhatIsRandom) {
  const std::string help = RunCli({"generate", "--help"}).out;
  EXPECT_THAT(help, AllOf(HasSubstr("[[issuers]]"), HasSubstr("jwks_file"),
                          HasSubstr("https://server.example.com/"),
                          HasSubstr("Signatures of PS* and ES* are\nrandom")));
}

}  // namespace
}  // namespace introspectd::cli
