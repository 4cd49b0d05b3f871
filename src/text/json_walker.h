// Walks a JSON container that is known to be valid and without white space between its tokens.
//
// Threads: values.
#pragma once

#include <cstddef>
#include <string_view>

namespace introspectd::text {

class JsonWalker {
 public:
  // `container`: {…} or […], borrowed.
  explicit JsonWalker(std::string_view container) : text_(container), at_(1) {}

  bool AtEnd() const { return at_ + 1 >= text_.size(); }

  // The text of the next name or value; steps over the punctuation behind it.
  std::string_view Take() {
    const std::size_t start = at_;
    at_ = End(start);
    return text_.substr(start, at_++ - start);
  }

 private:
  std::size_t End(std::size_t at) const {
    const char first = text_[at];
    if (first == '"') return EndOfString(at);
    if (first == '{' || first == '[') return EndOfContainer(at);
    while (text_[at] != ',' && text_[at] != '}' && text_[at] != ']') ++at;
    return at;
  }

  std::size_t EndOfString(std::size_t at) const {
    for (++at; text_[at] != '"'; ++at) {
      if (text_[at] == '\\') ++at;
    }
    return at + 1;
  }

  std::size_t EndOfContainer(std::size_t at) const {
    int depth = 0;
    do {
      const char c = text_[at];
      if (c == '"') {
        at = EndOfString(at);
        continue;
      }
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
      ++at;
    } while (depth > 0);
    return at;
  }

  std::string_view text_;
  std::size_t at_;
};

}  // namespace introspectd::text
