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
  explicit JsonWalker(std::string_view container) : JsonWalker(container, 1) {}
  // Begins at a name or value within it.
  JsonWalker(std::string_view container, std::size_t at) : text_(container), at_(at) {}

  bool AtEnd() const { return at_ + 1 >= text_.size(); }

  // The text of the next name or value; steps over the punctuation behind it.
  std::string_view Take() {
    const std::size_t start = at_;
    at_ = End(start);
    return text_.substr(start, at_++ - start);
  }

  // The same for a string of which it is known how long it is without its escapes: a quote there
  // that is not escaped is the one that ends it.
  std::string_view TakeString(std::size_t unescaped_size) {
    const std::size_t start = at_;
    const std::size_t end = start + 1 + unescaped_size;
    at_ = text_[end] == '"' && !IsEscaped(end) ? end + 1 : EndOfString(start);
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

  // Most of a document is in its strings, and most strings have no escapes.
  std::size_t EndOfString(std::size_t at) const {
    std::size_t quote = text_.find('"', at + 1);
    while (IsEscaped(quote)) quote = text_.find('"', quote + 1);
    return quote + 1;
  }

  bool IsEscaped(std::size_t at) const {
    std::size_t first = at;
    while (text_[first - 1] == '\\') --first;
    return (at - first) % 2 == 1;
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
