// The stored form of a record: bytes that mean the same to every build of one format version.
//
//   kind, known (1 byte each) | answer size, audience count (2 each) | sequence, exp, nbf, iat, end
//   (8 each) | six fields, then the audiences (offset and size, 2 each) | the record's bytes
//
// Little-endian. The digest is not in it: it is what the bytes are stored under.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "token/record.h"

namespace introspectd::token {

class StoredRecord {
 public:
  static constexpr std::uint32_t kVersion = 1;

  static void Append(const Record& record, std::string& out);

  // What is not a record's stored form in every length and offset gives nullptr.
  static RecordPtr Read(const TokenDigest& digest, std::string_view stored);

  // Of a stored form; nothing else of it is looked at. kNever when it is too short to be one.
  static UnixSeconds EndOf(std::string_view stored);
};

}  // namespace introspectd::token
