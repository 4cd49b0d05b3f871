#include "log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <utility>

#include "fmt/core.h"
#include "text/json_writer.h"
#include "text/printable.h"

namespace introspectd::log {

namespace {

struct Log {
  std::shared_ptr<spdlog::logger> logger;
  LogFormat format = LogFormat::kText;
};

std::shared_ptr<spdlog::logger> MakeLogger(spdlog::sink_ptr sink, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("introspectd", std::move(sink));
  // Times in UTC. In JSON the line is made around what is logged.
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                 : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc));
  logger->flush_on(spdlog::level::trace);
  return logger;
}

Log& TheLog() {
  static Log log{MakeLogger(std::make_shared<spdlog::sinks::stderr_sink_mt>(), LogFormat::kText)};
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

}  // namespace

absl::Status Open(const LogConfig& config) {
  Log& log = TheLog();
  try {
    spdlog::sink_ptr sink;
    if (config.target == "stderr") {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else if (config.target == "stdout") {
      sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.target);
    }
    log.logger = MakeLogger(std::move(sink), config.format);
  } catch (const spdlog::spdlog_ex&) {
    return absl::InvalidArgumentError(
        fmt::format("log.target: {} cannot be opened for writing", config.target));
  }
  log.format = config.format;
  log.logger->set_level(LevelOf(config.level));
  return absl::OkStatus();
}

void Write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  const Log& log = TheLog();
  if (!log.logger->should_log(LevelOf(level))) return;
  const std::string line =
      log.format == LogFormat::kJson ? JsonLine(event, fields) : TextLine(event, fields);
  log.logger->log(LevelOf(level), "{}", line);
}

}  // namespace introspectd::log
