#include "http/secret_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace introspectd::http {
namespace {

// All of its memory, which is its own to read.
std::string_view MemoryOf(std::string& buffer) {
  const std::size_t size = buffer.size();
  buffer.resize(buffer.capacity());
  buffer.resize(size);
  return {buffer.data(), buffer.capacity()};
}

TEST(SecretBufferTest, CleansesWhatStoodBehindItsEndToo) {
  std::string buffer(100, 's');
  buffer.resize(3);
  const char* const memory = buffer.data();
  const std::size_t capacity = buffer.capacity();
  CleanseAll(buffer);
  EXPECT_EQ(buffer, "");
  EXPECT_EQ(buffer.data(), memory);
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_TRUE(std::ranges::all_of(MemoryOf(buffer), [](char c) { return c == 0; }));
}

TEST(SecretBufferTest, GrowsAsAStringDoes) {
  std::string buffer;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    Append(buffer, piece);
    expected += piece;
    ASSERT_EQ(buffer, expected);
  }
  Assign(buffer, "short");
  EXPECT_EQ(buffer, "short");
  const std::string longer(100'000, 'x');
  Assign(buffer, longer);
  EXPECT_EQ(buffer, longer);
}

TEST(SecretBufferTest, DoesNotMoveWithinItsRoom) {
  std::string buffer = "start";
  MakeRoom(buffer, 1000);
  EXPECT_EQ(buffer, "start");
  const char* const memory = buffer.data();
  Append(buffer, std::string(995, 'x'));
  EXPECT_EQ(buffer.data(), memory);
}

}  // namespace
}  // namespace introspectd::http
