// A template: what the answers of an issuer's tokens have in common, with a hole for each value
// that differs from token to token.
//
//   {"active":true,"client_id":"web","sub":"<uuid>","exp":<exp>,"jti":"<uuid>"}
//
// Threads: immutable.
// Limits:  48 holes.
// Cost:    Match and Write: some 100 ns for an answer of usual size, no allocation in the steady
//          state; Of: some microseconds.
//
// What comes out is what went in, byte for byte: Match takes a record only when every byte of it is
// the template's or in a hole, and every member that decides is where the template says.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "token/record.h"

namespace introspectd::token {

class SharedValues;

// How narrow a template is.
enum class Scale : std::uint8_t {
  kClient,  // one client's tokens with one scope
  kShape,   // tokens with the same members, issuer and audiences
};

class Template {
 public:
  static constexpr std::size_t kHolesMax = 48;
  using Holes = std::array<std::string_view, kHolesMax>;

  // From an answer like those that it is for. Nullopt for one that has no use for a template: too
  // many members, or what decides is hidden behind escapes.
  static std::optional<Template> Of(const Record& record, Scale scale);

  // Which records this template may be for, as far as can be told at a glance.
  static std::uint64_t HintOf(const Record& record, Scale scale);

  // What stands in the holes, borrowed from `record`; false when it is not one of this template's.
  bool Match(const Record& record, Holes& holes) const;

  // The packed values of what Match found; shared values that are used are appended to `used`.
  void Write(const Record& record, const Holes& holes, SharedValues& shared, std::string& values,
             std::vector<std::uint32_t>& used) const;

  // Puts the claims with these packed values into `record`, whose exp is set. There must be room.
  void Expand(const char* values, const SharedValues& shared, Record& record) const;

  // Lets go of the shared values that these packed values name.
  void Release(const char* values, SharedValues& shared) const;

  std::uint64_t hint() const { return hint_; }
  std::size_t bytes() const;

 private:
  enum class HoleKind : std::uint8_t { kExp, kIat, kNbf, kText, kUuid, kHex, kInteger, kValue };
  static constexpr std::uint8_t kNoField = 0xff;

  struct Hole {
    HoleKind kind;
    std::uint8_t field = kNoField;  // a token::Field
    std::uint16_t text_before = 0;  // bytes of the text between the hole before and this one
  };
  // A part of the text, behind so many holes.
  struct Place {
    std::uint16_t holes_before = 0;
    Span16 span;
  };
  struct FieldPlace {
    Field field;
    Place place;
  };

  class Maker;
  class Expander;

  static UnixSeconds TimeOf(HoleKind kind, const Record& record);  // kExp, kIat or kNbf
  static bool MatchHole(const Hole& hole, const Record& record, std::string_view bytes,
                        std::size_t at, std::string_view& found);
  bool HasSameFields(const Record& record, std::span<const std::size_t> in_holes) const;

  std::string text_;  // and some bytes more, so that it can be copied in large steps
  std::size_t text_size_ = 0;
  std::vector<Hole> holes_;
  std::vector<FieldPlace> fields_;  // those that are in the text
  std::vector<Place> audiences_;
  std::uint16_t unescaped_size_ = 0;  // of the text, what stands behind the answer
  bool has_iat_ = false;
  bool has_nbf_ = false;
  std::uint64_t hint_ = 0;
};

}  // namespace introspectd::token
