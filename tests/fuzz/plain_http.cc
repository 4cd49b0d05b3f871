#include "plain_http.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <sstream>

namespace introspectd::fuzz {

namespace {

using Lines = std::vector<std::string>;
using Headers = std::multimap<std::string, std::string>;  // names in lower case

bool IsAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 && c > 0; }

bool IsTokenText(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsAlnum(c) || std::string("!#$%&'*+-.^_`|~").find(c) != std::string::npos;
  });
}

bool IsPrinted(const std::string& text) {
  return std::ranges::all_of(
      text, [](char c) { return c == '\t' || c < 0 || (c >= ' ' && c != '\x7f'); });
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string Trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The first line of `rest`, which goes; nothing when it is not whole, or has a control character.
std::optional<std::string> TakeLine(std::string& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string::npos) return std::nullopt;
  const std::string line = rest.substr(0, end);
  rest.erase(0, end + 2);
  return IsPrinted(line) ? std::optional(line) : std::nullopt;
}

bool ReadRequestLine(const std::string& line, PlainRequest& request, bool& http_1_0) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string::npos || first == last) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const std::string version = line.substr(last + 1);
  http_1_0 = version == "HTTP/1.0";
  return IsTokenText(request.method) && (http_1_0 || version == "HTTP/1.1") &&
         request.target.starts_with('/') && std::ranges::all_of(request.target, [](char c) {
           return c > ' ' && c < '\x7f' && c != '#';
         });
}

// False when the head is not whole, or not plain.
bool ReadHeaders(std::string& rest, Headers& headers) {
  while (const auto line = TakeLine(rest)) {
    if (line->empty()) return true;
    const std::size_t colon = line->find(':');
    if (colon == std::string::npos || !IsTokenText(line->substr(0, colon))) return false;
    headers.emplace(Lower(line->substr(0, colon)), Trimmed(line->substr(colon + 1)));
  }
  return false;
}

bool AreUnambiguous(const Headers& headers, bool http_1_0) {
  for (const char* once :
       {"host", "content-length", "transfer-encoding", "content-type", "authorization", "expect"}) {
    if (headers.count(once) > 1) return false;
  }
  if (headers.contains("content-length") && headers.contains("transfer-encoding")) return false;
  if (const auto length = headers.find("content-length"); length != headers.end()) {
    if (length->second.empty() ||
        length->second.find_first_not_of("0123456789") != std::string::npos) {
      return false;
    }
  }
  if (const auto coding = headers.find("transfer-encoding"); coding != headers.end()) {
    if (http_1_0 || Lower(coding->second) != "chunked") return false;
  }
  return http_1_0 || headers.contains("host");
}

bool Closes(const Headers& headers, bool http_1_0) {
  bool close = false;
  bool keep = !http_1_0;
  const auto [begin, end] = headers.equal_range("connection");
  for (auto it = begin; it != end; ++it) {
    std::istringstream options(it->second);
    for (std::string option; std::getline(options, option, ',');) {
      option = Lower(Trimmed(option));
      close |= option == "close" || option == "upgrade";
      keep |= option == "keep-alive";
    }
  }
  return close || !keep;
}

// False when it is not whole, or not plain.
bool ReadChunks(std::string& rest, std::string& body) {
  while (const auto line = TakeLine(rest)) {
    const std::string digits = line->substr(0, line->find(';'));
    if (digits.empty() || digits.size() > 16 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return false;
    }
    const std::size_t size = std::stoull(digits, nullptr, 16);
    body += rest.substr(0, size);
    if (rest.size() < 2 || size > rest.size() - 2 || rest.substr(size, 2) != "\r\n") return false;
    rest.erase(0, size + 2);
    if (size == 0) return true;
  }
  return false;
}

void ReadBody(const Headers& headers, std::string& rest, PlainRequest& request) {
  if (headers.contains("transfer-encoding")) {
    request.whole = ReadChunks(rest, request.body);
    return;
  }
  const auto length = headers.find("content-length");
  const std::string digits = length == headers.end() ? "0" : length->second;
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  const bool countable = digits.size() - first <= 18;
  const std::size_t size = countable && first < digits.size() ? std::stoull(digits) : 0;
  request.whole = countable && size <= rest.size();
  request.body = rest.substr(0, size);
  rest.erase(0, size);
}

}  // namespace

std::vector<PlainRequest> ReadPlainly(std::string_view bytes) {
  std::vector<PlainRequest> requests;
  std::string rest(bytes);
  while (true) {
    for (int i = 0; i < 2 && rest.starts_with("\r\n"); ++i) rest.erase(0, 2);
    PlainRequest request;
    Headers headers;
    bool http_1_0 = false;
    const auto line = TakeLine(rest);
    if (!line || !ReadRequestLine(*line, request, http_1_0) || !ReadHeaders(rest, headers) ||
        !AreUnambiguous(headers, http_1_0)) {
      return requests;
    }
    request.closes = Closes(headers, http_1_0);
    ReadBody(headers, rest, request);
    requests.push_back(request);
    if (!request.whole) return requests;
  }
}

}  // namespace introspectd::fuzz
