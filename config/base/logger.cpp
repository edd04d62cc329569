#include "config/base/logger.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>

#include "config/base/text.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {
namespace {

/// A longer message or value is cut; in bytes.
constexpr std::size_t longest_value = 4096;

std::string_view level_name(log_level level) noexcept {
  switch (level) {
    case log_level::debug:
      return "DEBUG";
    case log_level::info:
      return "INFO";
    case log_level::warning:
      return "WARNING";
    case log_level::error:
      break;
  }
  return "ERROR";
}

bool needs_quotes(std::string_view value) noexcept {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= ' ' || byte >= 0x7F || c == '"' || c == '=' || c == '\\';
         });
}

void append_quoted(std::string& line, std::string_view text, escaping how) {
  line += '"';
  line += escaped(text, how, longest_value);
  line += '"';
}

std::string text_line(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
  std::string line = to_rfc3339(now());
  line.append(" ").append(level_name(level)).append(" ").append(escaped(message, escaping::plain, longest_value));
  for (const log_field& field : fields) {
    line.append(" ").append(escaped(field.key, escaping::plain, longest_value)).append("=");
    if (needs_quotes(field.value)) {
      append_quoted(line, field.value, escaping::quoted);
    } else {
      line += escaped(field.value, escaping::plain, longest_value);
    }
  }
  return line;
}

void append_member(std::string& line, std::string_view key, std::string_view value) {
  line += line.empty() ? '{' : ',';
  append_quoted(line, key, escaping::json_string);
  line += ':';
  append_quoted(line, value, escaping::json_string);
}

std::string json_line(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
  std::string line;
  append_member(line, "time", to_rfc3339(now()));
  append_member(line, "level", level_name(level));
  append_member(line, "message", message);
  for (const log_field& field : fields) append_member(line, field.key, field.value);
  line += '}';
  return line;
}

}  // namespace

/// Writes whole lines to stderr and flushes each, or writes nothing.
struct logger::sink {
  log_level least;
  log_format format;
  std::unique_ptr<spdlog::logger> out;  ///< null when the logger writes nothing
};

logger::logger(log_level level, log_format format) {
  auto out = std::make_unique<spdlog::logger>("kfs", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  out->set_pattern("%v");
  out->set_level(spdlog::level::trace);
  out->flush_on(spdlog::level::trace);
  sink_ = std::make_shared<sink>(sink{level, format, std::move(out)});
}

logger logger::silent() {
  return logger(std::make_shared<sink>(sink{log_level::error, log_format::text, nullptr}));
}

void logger::debug(std::string_view message, std::initializer_list<log_field> fields) const {
  write(log_level::debug, message, fields);
}
void logger::info(std::string_view message, std::initializer_list<log_field> fields) const {
  write(log_level::info, message, fields);
}
void logger::warning(std::string_view message, std::initializer_list<log_field> fields) const {
  write(log_level::warning, message, fields);
}
void logger::error(std::string_view message, std::initializer_list<log_field> fields) const {
  write(log_level::error, message, fields);
}

bool logger::enabled(log_level level) const noexcept {
  return sink_->out && level >= sink_->least;
}

void logger::write(log_level level, std::string_view message, std::initializer_list<log_field> fields) const {
  if (!enabled(level)) return;
  const std::string line =
      sink_->format == log_format::json_lines ? json_line(level, message, fields) : text_line(level, message, fields);
  sink_->out->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace kfs
