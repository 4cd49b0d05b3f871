#include "log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <utility>

#include "fmt/core.h"
#include "log/line_writer.h"
#include "text/json_writer.h"
#include "text/printable.h"

namespace introspectd::log {

namespace {

class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Sink(std::unique_ptr<LineWriter> writer) : writer_(std::move(writer)) {}

  std::uint64_t lost() {
    const std::lock_guard lock(mutex_);
    return writer_->lost();
  }
  void Told(std::uint64_t lost) {
    const std::lock_guard lock(mutex_);
    writer_->Told(lost);
  }
  std::uint64_t dropped() const { return writer_->dropped(); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    writer_->Write({line.data(), line.size()});
  }
  void flush_() override {}

  const std::unique_ptr<LineWriter> writer_;
};

struct Log {
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<Sink> sink;
  LogFormat format = LogFormat::kText;
};

Log MakeLog(std::unique_ptr<LineWriter> writer, LogFormat format) {
  auto sink = std::make_shared<Sink>(std::move(writer));
  auto logger = std::make_shared<spdlog::logger>("introspectd", sink);
  // Times in UTC. In JSON the line is made around what is logged.
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                 : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc));
  return {std::move(logger), std::move(sink), format};
}

Log& TheLog() {
  static Log log = MakeLog(LineWriter::Open("stderr"), LogFormat::kText);
  return log;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Of one value; a line is read by people.
constexpr std::size_t kValueBytesMax = 2048;

// Short plain words stay as they are, everything else is quoted and escaped like JSON.
void AppendText(std::string_view text, std::string& line) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_.:/[]") == std::string_view::npos;
  if (plain && text.size() <= kValueBytesMax) {
    line += text;
  } else {
    text::AppendPrintable(text, kValueBytesMax, line);
  }
}

std::string TextLine(std::string_view event, std::initializer_list<Field> fields) {
  std::string line(event);
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    AppendText(field.text, line);
  }
  return line;
}

// Without its braces: they stand in the pattern.
std::string JsonLine(std::string_view event, std::initializer_list<Field> fields) {
  std::string line;
  text::JsonWriter json(line);
  json.Key("event").String(event);
  for (const Field& field : fields) {
    std::string value;
    if (!field.number) text::AppendPrintable(field.text, kValueBytesMax, value);
    json.Key(field.name).Raw(field.number ? field.text : value);
  }
  return line;
}

void Emit(const Log& log, LogLevel level, std::string_view event,
          std::initializer_list<Field> fields) {
  const std::string line =
      log.format == LogFormat::kJson ? JsonLine(event, fields) : TextLine(event, fields);
  log.logger->log(LevelOf(level), "{}", line);
}

}  // namespace

absl::Status Open(const LogConfig& config) {
  auto writer = LineWriter::Open(config.target);
  if (writer == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("log.target: {} cannot be opened for writing", config.target));
  }
  Log& log = TheLog();
  log = MakeLog(std::move(writer), config.format);
  log.logger->set_level(LevelOf(config.level));
  return absl::OkStatus();
}

std::uint64_t Dropped() { return TheLog().sink->dropped(); }

void Write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  const Log& log = TheLog();
  if (!log.logger->should_log(LevelOf(level))) return;
  Emit(log, level, event, fields);
  const std::uint64_t lost = log.sink->lost();
  if (lost == 0) return;
  Emit(log, LogLevel::kWarning, "log lines were dropped", {{"lines", lost}});
  log.sink->Told(lost);
}

}  // namespace introspectd::log
