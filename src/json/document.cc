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

Value MakeValue(element e, std::string_view raw) {
  using simdjson::dom::element_type;
  Value value;
  value.raw = raw;
  value.handle = std::bit_cast<Handle>(e);
  switch (e.type()) {
    case element_type::ARRAY:
      value.type = Type::kArray;
      break;
    case element_type::OBJECT:
      value.type = Type::kObject;
      break;
    case element_type::INT64:
      value.type = Type::kInteger;
      value.integer = Get(e.get_int64());
      break;
    case element_type::UINT64:  // beyond int64
    case element_type::DOUBLE:
      value.type = Type::kNumber;
      value.number = Get(e.get_double());
      break;
    case element_type::STRING:
      value.type = Type::kString;
      value.string = Get(e.get_string());
      break;
    case element_type::BOOL:
      value.type = Type::kBool;
      value.boolean = Get(e.get_bool());
      break;
    case element_type::NULL_VALUE:
      value.type = Type::kNull;
      break;
  }
  return value;
}

std::string_view TakeValue(text::JsonWalker& walker, element e) {
  return e.is_string() ? walker.TakeString(Get(e.get_string_length())) : walker.Take();
}

void Fill(simdjson::dom::object object, std::string_view raw, std::vector<Member>& out) {
  out.clear();
  text::JsonWalker walker(raw);
  for (const auto field : object) {
    const std::string_view raw_name = walker.TakeString(field.key.size());
    out.push_back({field.key, raw_name, MakeValue(field.value, TakeValue(walker, field.value))});
  }
}

// Whether some of the names may be equal: of most objects it can be said quickly that none are.
class NameFilter {
 public:
  // False when no name like this one was added before.
  bool MayHave(std::string_view name) {
    const auto byte = [name](std::size_t at) -> std::uint64_t {
      return static_cast<unsigned char>(name[at]);
    };
    std::uint64_t hash = name.size();
    if (!name.empty()) {  // names of claims are often of three letters
      hash ^= byte(0) << 24 | byte(name.size() / 2) << 32 | byte(name.size() - 1) << 40;
    }
    const std::uint64_t bit = hash * 0x9e3779b97f4a7c15u >> 53;  // of 2,048
    std::uint64_t& word = words_[bit / 64];
    const std::uint64_t mask = std::uint64_t{1} << bit % 64;
    const bool had = (word & mask) != 0;
    word |= mask;
    return had;
  }

 private:
  std::array<std::uint64_t, 32> words_{};
};

// The names of one object, on a stack with those of the objects around it.
class Names {
 public:
  explicit Names(std::vector<std::string_view>& stack) : stack_(stack), first_(stack.size()) {}
  ~Names() { stack_.resize(first_); }
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  void Add(std::string_view name) {
    stack_.push_back(name);
    may_be_twice_ |= filter_.MayHave(name);
  }
  bool HasTwice() {
    if (!may_be_twice_) return false;
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(first_);
    std::sort(first, stack_.end());
    return std::adjacent_find(first, stack_.end()) != stack_.end();
  }

 private:
  std::vector<std::string_view>& stack_;
  const std::size_t first_;
  NameFilter filter_;
  bool may_be_twice_ = false;
};

// What simdjson does not check: names that stand twice, and the depth to the letter (it lets an
// empty container in where it refuses a filled one). `names` is scratch.
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
  Names here(names);
  for (const auto field : Get(e.get_object())) {
    here.Add(field.key);
    const Error wrong = CheckTree(field.value, depth_left - 1, names);
    if (wrong != Error::kNone) return wrong;
  }
  return here.HasTwice() ? Error::kDuplicateName : Error::kNone;
}

// The same for the root, whose members are at hand.
Error CheckMembers(const std::vector<Member>& members, std::size_t depth_left,
                   std::vector<std::string_view>& names) {
  Names here(names);
  for (const Member& member : members) {
    here.Add(member.name);
    if (member.value.type != Type::kObject && member.value.type != Type::kArray) continue;
    const auto child = std::bit_cast<element>(member.value.handle);
    const Error wrong = CheckTree(child, depth_left - 1, names);
    if (wrong != Error::kNone) return wrong;
  }
  return here.HasTwice() ? Error::kDuplicateName : Error::kNone;
}

}  // namespace

struct Parser::Impl {
  std::size_t size_max = 0;
  std::size_t depth_max = 0;
  simdjson::dom::parser parser;
  std::vector<char> padded;
  std::vector<char> minified;
  std::vector<std::string_view> names;
};

Parser::Parser(std::size_t size_max, std::size_t depth_max) : impl_(new Impl) {
  impl_->depth_max = depth_max;
  SetSizeMax(size_max);
}

Parser::~Parser() = default;

void Parser::SetSizeMax(std::size_t size_max) {
  members_.clear();
  impl_->size_max = size_max;
  impl_->padded.resize(size_max + simdjson::SIMDJSON_PADDING);
  impl_->minified.resize(size_max + simdjson::SIMDJSON_PADDING);
  CHECK(impl_->parser.allocate(size_max, impl_->depth_max + 1) == simdjson::SUCCESS);
}

std::size_t Parser::size_max() const { return impl_->size_max; }

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
  std::size_t size = 0;
  CHECK(simdjson::minify(impl_->padded.data(), text.size(), impl_->minified.data(), size) ==
        simdjson::SUCCESS);
  Fill(Get(root.get_object()), {impl_->minified.data(), size}, members_);
  const Error wrong = CheckMembers(members_, impl_->depth_max, impl_->names);
  if (wrong != Error::kNone) members_.clear();
  return wrong;
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
    out.push_back(MakeValue(e, TakeValue(walker, e)));
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
