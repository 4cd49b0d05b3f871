#include "server/account_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "log/log.h"
#include "support/temp_dir.h"

namespace introspectd::server {
namespace {

using api::ClientAccount;
using api::Count;
using testing::HasSubstr;

client::Registry RegistryOf(const std::vector<std::string>& ids) {
  Config config{};
  config.introspection.issuer = "https://issuer.example";
  for (const std::string& id : ids) {
    ClientConfig client{};
    client.id = id;
    client.secret.plain = "secret-of-" + id;
    config.clients.push_back(client);
  }
  return {config, 1};
}

TEST(AccountBookTest, AccountsComeInTheRegistrysOrder) {
  AccountBook book(2);
  book.SetRegistry(RegistryOf({"a", "b"}));
  const std::vector<ClientAccount*> first = book.AccountsOf(0);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_NE(first[0], book.AccountsOf(1)[0]);
  first[1]->Add(Count::kActive);
  book.AccountsOf(1)[1]->Add(Count::kActive);
  EXPECT_EQ(book.entries()[1]->id, "b");
  EXPECT_EQ(book.entries()[1]->Get(Count::kActive), 2u);
  EXPECT_EQ(book.entries()[0]->Get(Count::kActive), 0u);
}

TEST(AccountBookTest, NothingIsLostOverReloads) {
  AccountBook book(1);
  book.SetRegistry(RegistryOf({"a", "b"}));
  ClientAccount* const a = book.AccountsOf(0)[0];
  ClientAccount* const b = book.AccountsOf(0)[1];
  a->Add(Count::kInactive);
  b->Add(Count::kInactive);

  book.SetRegistry(RegistryOf({"c", "b"}));
  EXPECT_EQ(book.AccountsOf(0)[1], b) << "a client that stays keeps its account";
  a->Add(Count::kInactive);  // a worker that has not heard of the reload yet
  ASSERT_EQ(book.entries().size(), 2u);
  EXPECT_EQ(book.entries()[1]->Get(Count::kInactive), 1u);

  book.SetRegistry(RegistryOf({"a"}));
  EXPECT_EQ(book.entries()[0]->Get(Count::kInactive), 2u) << "and so does one that comes back";
}

TEST(AccountBookTest, TellsTheLogOfAScanOnceAndOfItsEnd) {
  const support::TempDir directory;
  const std::filesystem::path file = directory.path() / "log";
  ASSERT_TRUE(log::Open({.target = file.string()}).ok());
  AccountBook book(2);
  book.SetRegistry(RegistryOf({"calm", "new\x1b[1m"}));
  for (int second = 0; second < 30; ++second) {
    for (std::uint32_t i = 0; i < 100; ++i) {
      book.AccountsOf(i % 2)[0]->Add(Count::kActive);
      if (second < 15)
        book.AccountsOf(i % 2)[1]->Add(i % 3 == 0 ? Count::kUnknownToken : Count::kInactive);
    }
    book.Watch();
  }
  ASSERT_TRUE(log::Open({}).ok());
  const std::string text = support::ReadFile(file);
  EXPECT_THAT(text, HasSubstr(" warning many inactive answers: a client's tokens may be guesses "
                              "client=\"new\\u001b[1m\" inactive_percent=100 usual_percent=0 "
                              "answers=200 seconds=10\n"));
  EXPECT_THAT(text, HasSubstr(" info no longer many inactive answers client=\"new"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 2) << text;
}

}  // namespace
}  // namespace introspectd::server
