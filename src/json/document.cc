#include "json/document.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "text/json_walker.h"

namespace introspectd::json {

namespace {

using simdjson::dom::element;
using Handle = decltype(Value::handle);
static_assert(sizeof(element) == sizeof(Handle) && std::is_trivially_copyable_v<element>);

// For what simdjson has already found good.
template <class T>
T Get(simdjson::simdjson_result<T> result) {
  T value{};
  CHECK(std::move(result).get(value) == simdjson::SUCCESS);
  return value;
}

Type TypeOf(element e) {
  switch (e.type()) {
    case simdjson::dom::element_type::ARRAY:
      return Type::kArray;
    case simdjson::dom::element_type::OBJECT:
      return Type::kObject;
    case simdjson::dom::element_type::INT64:
      return Type::kInteger;
    case simdjson::dom::element_type::UINT64:
      return Type::kNumber;  // beyond int64
    case simdjson::dom::element_type::DOUBLE:
      return Type::kNumber;
    case simdjson::dom::element_type::STRING:
      return Type::kString;
    case simdjson::dom::element_type::BOOL:
      return Type::kBool;
    case simdjson::dom::element_type::NULL_VALUE:
      return Type::kNull;
  }
  CHECK(false);
}

Value MakeValue(element e, std::string_view raw) {
  Value value;
  value.type = TypeOf(e);
  value.raw = raw;
  value.handle = std::bit_cast<Handle>(e);
  if (value.type == Type::kString) value.string = Get(e.get_string());
  if (value.type == Type::kInteger) value.integer = Get(e.get_int64());
  if (value.type == Type::kNumber) value.number = Get(e.get_double());
  if (value.type == Type::kBool) value.boolean = Get(e.get_bool());
  return value;
}

void Fill(simdjson::dom::object object, std::string_view raw, std::vector<Member>& out) {
  out.clear();
  text::JsonWalker walker(raw);
  for (const auto field : object) {
    const std::string_view raw_name = walker.Take();
    out.push_back({field.key, raw_name, MakeValue(field.value, walker.Take())});
  }
}

// Whether some of the names may be equal: of most objects it can be said quickly that none are.
class NameFilter {
 public:
  // False when no name like this one was added before.
  bool MayHave(std::string_view name) {
    std::uint32_t hash = static_cast<std::uint32_t>(name.size());
    for (const char c : name.substr(0, kLooked)) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
    }
    const std::uint32_t bit = hash >> 22;  // of 1,024
    std::uint64_t& word = words_[bit / 64];
    const std::uint64_t mask = std::uint64_t{1} << bit % 64;
    const bool had = (word & mask) != 0;
    word |= mask;
    return had;
  }

 private:
  static constexpr std::size_t kLooked = 16;  // of the bytes of a name
  std::array<std::uint64_t, 16> words_{};
};

bool HasTwice(std::vector<std::string_view>& names, std::size_t first) {
  std::sort(names.begin() + static_cast<std::ptrdiff_t>(first), names.end());
  return std::adjacent_find(names.begin() + static_cast<std::ptrdiff_t>(first), names.end()) !=
         names.end();
}

// What simdjson does not check: names that stand twice, and the depth to the letter (it lets an
// empty container in where it refuses a filled one). `names` is scratch, used as a stack.
Error CheckTree(element e, std::size_t depth_left, std::vector<std::string_view>& names) {
  if (!e.is_array() && !e.is_object()) return Error::kNone;
  if (depth_left == 0) return Error::kTooDeep;
  if (e.is_array()) {
    for (const element child : Get(e.get_array())) {
      const Error wrong = CheckTree(child, depth_left - 1, names);
      if (wrong != Error::kNone) return wrong;
    }
    return Error::kNone;
  }
  const std::size_t first = names.size();
  NameFilter filter;
  bool may_be_twice = false;
  for (const auto field : Get(e.get_object())) {
    names.push_back(field.key);
    may_be_twice |= filter.MayHave(field.key);
  }
  if (may_be_twice && HasTwice(names, first)) return Error::kDuplicateName;
  names.resize(first);
  for (const auto field : Get(e.get_object())) {
    if (!field.value.is_array() && !field.value.is_object()) continue;
    const Error wrong = CheckTree(field.value, depth_left - 1, names);
    if (wrong != Error::kNone) return wrong;
  }
  return Error::kNone;
}

}  // namespace

struct Parser::Impl {
  std::size_t size_max;
  std::size_t depth_max;
  simdjson::dom::parser parser;
  std::vector<char> padded;
  std::vector<char> minified;
  std::vector<std::string_view> names;
};

Parser::Parser(std::size_t size_max, std::size_t depth_max) : impl_(new Impl) {
  impl_->size_max = size_max;
  impl_->depth_max = depth_max;
  impl_->padded.resize(size_max + simdjson::SIMDJSON_PADDING);
  impl_->minified.resize(size_max + simdjson::SIMDJSON_PADDING);
  CHECK(impl_->parser.allocate(size_max, depth_max + 1) == simdjson::SUCCESS);
}

Parser::~Parser() = default;

Error Parser::ParseObject(std::string_view text) {
  members_.clear();
  if (text.size() > impl_->size_max) return Error::kTooLarge;
  std::copy(text.begin(), text.end(), impl_->padded.begin());
  std::memset(impl_->padded.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  element root;
  const auto error = impl_->parser.parse(impl_->padded.data(), text.size(), false).get(root);
  if (error == simdjson::DEPTH_ERROR) return Error::kTooDeep;
  if (error != simdjson::SUCCESS) return Error::kNotJson;
  if (!root.is_object()) return Error::kNotObject;
  impl_->names.clear();
  const Error wrong = CheckTree(root, impl_->depth_max, impl_->names);
  if (wrong != Error::kNone) return wrong;
  std::size_t size = 0;
  CHECK(simdjson::minify(impl_->padded.data(), text.size(), impl_->minified.data(), size) ==
        simdjson::SUCCESS);
  Fill(Get(root.get_object()), {impl_->minified.data(), size}, members_);
  return Error::kNone;
}

void Parser::MembersOf(const Value& object, std::vector<Member>& out) const {
  CHECK(object.type == Type::kObject);
  Fill(Get(std::bit_cast<element>(object.handle).get_object()), object.raw, out);
}

void Parser::ElementsOf(const Value& array, std::vector<Value>& out) const {
  CHECK(array.type == Type::kArray);
  out.clear();
  text::JsonWalker walker(array.raw);
  for (const element e : Get(std::bit_cast<element>(array.handle).get_array())) {
    out.push_back(MakeValue(e, walker.Take()));
  }
}

const Member* Find(const std::vector<Member>& members, std::string_view name) {
  for (const Member& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

const char* ToString(Error error) {
  switch (error) {
    case Error::kNone:
      return "no error";
    case Error::kTooLarge:
      return "too large";
    case Error::kNotJson:
      return "not one JSON object in UTF-8";
    case Error::kTooDeep:
      return "nested too deeply";
    case Error::kNotObject:
      return "not a JSON object";
    case Error::kDuplicateName:
      return "a member stands twice in one object";
  }
  CHECK(false);
}

}  // namespace introspectd::json
