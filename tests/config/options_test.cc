#include "config/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "config/sample.h"

namespace introspectd::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class Visit>
void ForEachOption(Visit visit) {
  for (const Section& section : Sections()) {
    for (const Option& option : section.options) {
      SCOPED_TRACE(Join(section.Header(), " ", option.name));
      visit(section, option);
    }
  }
}

TEST(OptionsTest, EveryKeyIsDescribedOnce) {
  std::set<std::string> keys;
  ForEachOption([&](const Section& section, const Option& option) {
    EXPECT_TRUE(keys.insert(Join(section.name, ".", option.name)).second);
    EXPECT_FALSE(option.help.empty());
    EXPECT_EQ(section.Find(option.name), &option);
    EXPECT_EQ(FindSection(section.name), &section);
  });
  EXPECT_EQ(FindSection("server")->Find("nothing"), nullptr);
  EXPECT_EQ(FindSection("nothing"), nullptr);
}

TEST(OptionsTest, SectionsKnowTheirParents) {
  EXPECT_EQ(FindSection("limits.admin")->parent(), "limits");
  EXPECT_EQ(FindSection("limits.admin")->key(), "admin");
  EXPECT_EQ(FindSection("limits")->parent(), "");
  EXPECT_EQ(FindSection("limits")->key(), "limits");
}

// What is neither required nor has a default is one of several ways, or inherited.
TEST(OptionsTest, EveryKeyHasADefaultOrAReasonForNone) {
  std::vector<std::string> inherited;
  ForEachOption([&](const Section& section, const Option& option) {
    const bool has_default = !option.default_toml.empty();
    EXPECT_FALSE(has_default && option.presence == Presence::kRequired);
    EXPECT_FALSE(has_default && IsSecret(option));
    if (has_default || option.presence == Presence::kRequired) return;
    if (!IsSecret(option)) {
      inherited.push_back(Join(section.name, ".", option.name));
    }
  });
  EXPECT_THAT(inherited, ElementsAre("clients.unknown_token", "clients.unsupported_hint"));
}

TEST(OptionsTest, NumbersFitIntoTheirMembers) {
  constexpr std::int64_t kMax = std::numeric_limits<std::uint32_t>::max();
  ForEachOption([&](const Section&, const Option& option) {
    EXPECT_LE(option.range.min, option.range.max);
    EXPECT_LE(option.count.min, option.count.max);
    if (option.member.kind != Kind::kInteger) return;
    EXPECT_GE(option.range.min, 0);
    if (option.name == "reserve_bytes" || option.name == "memory_max") return;  // of 64 bits
    EXPECT_LE(option.range.max, kMax);
  });
}

TEST(OptionsTest, LimitsSayTheirUnitInTheirName) {
  for (const Section& section : Sections()) {
    if (section.key() != "limits" && section.parent() != "limits") continue;
    for (const Option& option : section.options) {
      EXPECT_FALSE(option.unit.empty()) << option.name;
      if (option.name == "memory_max") continue;  // the contract's name
      const bool measured = option.unit == "bytes" || option.unit == "ms";
      EXPECT_TRUE(!measured || option.name.find(Join("_", option.unit)) != std::string_view::npos)
          << option.name;
    }
  }
}

// The README shows one range for both planes.
TEST(OptionsTest, BothPlanesHaveTheSameRanges) {
  const Section* limits = FindSection("limits");
  for (const Option& admin : FindSection("limits.admin")->options) {
    const Option* data = limits->Find(admin.name);
    ASSERT_NE(data, nullptr) << admin.name;
    EXPECT_EQ(data->range.min, admin.range.min) << admin.name;
    EXPECT_EQ(data->range.max, admin.range.max) << admin.name;
    EXPECT_EQ(data->unit, admin.unit) << admin.name;
  }
}

// Config's own initializers are for those who build one without a file; they say the same.
TEST(OptionsTest, DefaultsAreThoseOfTheStructs) {
  const Config loaded = Load(kMinimal);
  const Config built{};
  ForEachOption([&](const Section& section, const Option& option) {
    const bool unset = section.repeated() || section.name.starts_with("limits") ||
                       option.name == "listen" || option.name == "issuer";
    if (unset) return;
    EXPECT_EQ(option.member.get(loaded, 0), option.member.get(built, 0));
  });
}

TEST(OptionsTest, TheDefaultsOfTheContract) {
  const Config config = Load(Join(kMinimal, kClient));
  EXPECT_EQ(config.server.listen[0].text, "127.0.0.1:8080");
  EXPECT_EQ(config.admin.listen[0].text, "127.0.0.1:8081");
  EXPECT_THAT(config.clients[0].auth,
              ElementsAre(AuthMethod::kClientSecretBasic, AuthMethod::kClientSecretPost));
  EXPECT_THAT(config.clients[0].issuers, IsEmpty());
  const HttpLimits& data = config.limits.data;
  EXPECT_EQ(data.head_bytes_max, 16u << 10);
  EXPECT_EQ(data.header_line_bytes_max, 8u << 10);
  EXPECT_EQ(data.target_bytes_max, 2048u);
  EXPECT_EQ(data.headers_max, 64u);
  EXPECT_EQ(data.body_bytes_max, 64u << 10);
  EXPECT_EQ(data.parameters_max, 64u);
  EXPECT_EQ(data.connections_max, 20'000u);
  EXPECT_EQ(data.connections_per_address_max, 2000u);
  EXPECT_EQ(data.pipeline_max, 32u);
  EXPECT_EQ(data.output_bytes_max, 256u << 10);
  EXPECT_EQ(data.head_ms_max, 10'000u);
  EXPECT_EQ(data.body_ms_max, 10'000u);
  EXPECT_EQ(data.write_stall_ms_max, 10'000u);
  EXPECT_EQ(data.idle_ms_max, 75'000u);
  EXPECT_EQ(data.pending_ms_max, 5000u);
  const HttpLimits& admin = config.limits.admin;
  EXPECT_EQ(admin.head_bytes_max, 16u << 10);
  EXPECT_EQ(admin.body_bytes_max, 1u << 20);
  EXPECT_EQ(admin.parameters_max, 64u);
  EXPECT_EQ(admin.connections_max, 256u);
  EXPECT_EQ(admin.connections_per_address_max, 64u);
  EXPECT_EQ(admin.pipeline_max, 8u);
  EXPECT_EQ(admin.output_bytes_max, 1u << 20);
  EXPECT_EQ(admin.head_ms_max, 10'000u);
  EXPECT_EQ(admin.body_ms_max, 30'000u);
  EXPECT_EQ(admin.write_stall_ms_max, 30'000u);
  EXPECT_EQ(admin.idle_ms_max, 75'000u);
  const Limits& limits = config.limits;
  EXPECT_EQ(limits.token_bytes_max, 16384u);
  EXPECT_EQ(limits.update_line_bytes_max, 16384u);
  EXPECT_EQ(limits.update_batch_bytes_max, 4u << 20);
  EXPECT_EQ(limits.secret_verifications_max, 2u);
  EXPECT_EQ(limits.secret_queue_max, 64u);
  EXPECT_EQ(limits.credentials_remembered_max, 4096u);
  EXPECT_EQ(limits.worker_stall_max_ms, 1000u);
}

TEST(OptionsTest, AWordForSeveralValuesIsListedOnce) {
  EXPECT_EQ(AllowedWords(*FindSection("admin.tokens")->Find("scopes")),
            "upsert, revoke, export, sync, explain, status, metrics, push");
  EXPECT_EQ(AllowedWords(*FindSection("server")->Find("path")), "");
}

TEST(OptionsTest, EverythingRepeatedIsReloaded) {
  ForEachOption([](const Section& section, const Option& option) {
    EXPECT_TRUE(!section.repeated() || option.reload == Reload::kAtSighup);
  });
}

TEST(OptionsTest, TellsWhichChangesWaitForARestart) {
  const Config running = Load(Join("[server]\nworkers = 1\n", kMinimal, kClient));
  const Config next = Load(Join("[server]\nworkers = 2\nlisten = [\"127.0.0.1:9\"]\n", kMinimal,
                                "unknown_token = \"error\"\n[limits]\nheaders_max = 5\n"
                                "update_line_bytes_max = 3000\n"));
  EXPECT_THAT(ChangesThatNeedRestart(running, next),
              ElementsAre("server.listen", "server.workers", "limits.update_line_bytes_max"));
  EXPECT_THAT(ChangesThatNeedRestart(next, next), IsEmpty());
}

TEST(OptionsTest, TakesWhatIsReloadedAndNothingElse) {
  Config running = Load(Join("[server]\nworkers = 1\n", kMinimal));
  const Config next = Load(Join("[server]\nworkers = 2\n", kMinimal,
                                "[limits]\nheaders_max = 5\nupdate_line_bytes_max = 3000\n"
                                "[limits.admin]\nidle_ms_max = 77\n"));
  TakeWhatIsReloaded(next, running);
  EXPECT_EQ(running.server.workers, 1u);
  EXPECT_EQ(running.limits.data.headers_max, 5u);
  EXPECT_EQ(running.limits.admin.idle_ms_max, 77u);
  EXPECT_EQ(running.limits.update_line_bytes_max, 16384u);
}

}  // namespace
}  // namespace introspectd::config
