#include <algorithm>
#include <charconv>

#include "support/wire.h"
#include "text/ascii.h"

namespace introspectd::support {

namespace {

bool IsTokenChar(char c) {
  return text::IsDigit(c) || (text::ToLower(c) >= 'a' && text::ToLower(c) <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsVisibleOrBlank(char c) { return (c >= ' ' && c != '\x7f') || c == '\t'; }

Parsed Malformed(std::string problem) {
  Parsed parsed;
  parsed.progress = Progress::kMalformed;
  parsed.problem = std::move(problem);
  return parsed;
}

// "HTTP/1.1 200 OK"; 0 when it is nothing of the kind.
int StatusOf(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!line.starts_with(kVersion)) return 0;
  line.remove_prefix(kVersion.size());
  if (line.size() < 4 || line[3] != ' ' || !std::ranges::all_of(line, IsVisibleOrBlank)) return 0;
  return text::ParseInteger<int>(line.substr(0, 3)).value_or(0);
}

// An empty name when the line is not a field.
std::pair<std::string, std::string> FieldOf(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return {};
  std::string name(line.substr(0, colon));
  const std::string_view value = line.substr(colon + 1);
  if (!std::ranges::all_of(name, IsTokenChar)) return {};
  if (!std::ranges::all_of(value, IsVisibleOrBlank)) return {};
  std::ranges::transform(name, name.begin(), text::ToLower);
  return {std::move(name), std::string(text::TrimOws(value))};
}

// Takes the line, up to and with its CRLF, off the front; nullopt when it is not all there.
std::optional<std::string_view> TakeLine(std::string_view& s) {
  const std::size_t end = s.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = s.substr(0, end);
  s.remove_prefix(end + 2);
  return line;
}

// Status line and fields; `stream` then stands at the body. The head is known to be complete.
Parsed ParseHead(std::string_view& stream) {
  Parsed parsed;
  Response& response = parsed.response;
  const std::string_view status_line = *TakeLine(stream);
  response.status = StatusOf(status_line);
  if (response.status < 100) return Malformed("status line: " + std::string(status_line));
  for (std::string_view line; !(line = *TakeLine(stream)).empty();) {
    auto field = FieldOf(line);
    if (field.first.empty()) return Malformed("header line: " + std::string(line));
    const auto same = [&](const auto& other) { return other.first == field.first; };
    if (std::ranges::any_of(response.headers, same)) return Malformed("twice: " + field.first);
    response.headers.push_back(std::move(field));
  }
  return parsed;
}

void TakeBody(std::string_view& stream, std::size_t size, Parsed& parsed) {
  if (stream.size() < size) return;
  parsed.response.body = stream.substr(0, size);
  stream.remove_prefix(size);
  parsed.progress = Progress::kComplete;
}

void TakeChunks(std::string_view& stream, Parsed& parsed) {
  for (;;) {
    const std::optional<std::string_view> line = TakeLine(stream);
    if (!line) return;
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), size, 16);
    if (error != std::errc{} || end != line->data() + line->size()) {
      parsed = Malformed("chunk size: " + std::string(*line));
      return;
    }
    if (stream.size() < size + 2) return;
    if (stream.substr(size, 2) != "\r\n") {
      parsed = Malformed("a chunk without its CRLF");
      return;
    }
    parsed.response.body += stream.substr(0, size);
    stream.remove_prefix(size + 2);
    if (size == 0) {
      parsed.progress = Progress::kComplete;
      return;
    }
  }
}

}  // namespace

std::optional<std::string> Response::Header(std::string_view lower_name) const {
  const auto named = [&](const auto& header) { return header.first == lower_name; };
  const auto found = std::ranges::find_if(headers, named);
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Parsed ParseResponse(std::string_view stream, Expecting expecting) {
  if (stream.find("\r\n\r\n") == std::string_view::npos) return {};
  const std::size_t whole = stream.size();
  Parsed parsed = ParseHead(stream);
  if (parsed.progress == Progress::kMalformed) return parsed;

  const std::optional<std::string> length_text = parsed.response.Header("content-length");
  const std::optional<std::string> coding = parsed.response.Header("transfer-encoding");
  if (coding) {
    if (!expecting.chunks || *coding != "chunked" || length_text) {
      return Malformed("Transfer-Encoding: " + *coding);
    }
    TakeChunks(stream, parsed);
  } else {
    if (!length_text) return Malformed("no Content-Length");
    const auto length = text::ParseInteger<std::size_t>(*length_text);
    if (!length) return Malformed("Content-Length: " + *length_text);
    TakeBody(stream, expecting.to_head ? 0 : *length, parsed);
  }
  parsed.size = whole - stream.size();
  return parsed;
}

}  // namespace introspectd::support
