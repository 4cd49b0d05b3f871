#include "http/secret_buffer.h"

#include <algorithm>

#include "crypto/digest.h"

namespace introspectd::http {

void CleanseAll(std::string& buffer, std::size_t kept) {
  buffer.resize(buffer.capacity());
  crypto::Cleanse(buffer);
  if (buffer.capacity() > kept) std::string().swap(buffer);
}

void MakeRoom(std::string& buffer, std::size_t size) {
  if (size <= buffer.capacity()) return;
  std::string larger;
  larger.reserve(std::max(size, buffer.capacity() * 2));
  larger += buffer;
  CleanseAll(buffer);
  buffer.swap(larger);
}

void Append(std::string& buffer, std::string_view bytes) {
  MakeRoom(buffer, buffer.size() + bytes.size());
  buffer += bytes;
}

void Assign(std::string& buffer, std::string_view bytes) {
  buffer.clear();
  MakeRoom(buffer, bytes.size());
  buffer = bytes;
}

}  // namespace introspectd::http
