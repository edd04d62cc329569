#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace kfs {

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { text, json_lines };

/// One key and value of a structured log line.
struct log_field {
  std::string_view key;
  std::string value;
};

/// Writes one line per event to stderr, as text (`2026-01-01T12:00:00.123Z INFO message key=value`) or as a JSON
/// object.
///
/// Control characters and invalid UTF-8 in messages and values are escaped, so that no value can forge a line; long
/// values are cut. The caller masks secrets.
///
/// Ownership: a value; a copy writes to the same place.
/// Threading: the methods may be called from any thread.
class logger {
 public:
  logger(log_level level, log_format format);
  /// A logger for tests that writes nothing.
  static logger silent();

  void debug(std::string_view message, std::initializer_list<log_field> fields = {}) const;
  void info(std::string_view message, std::initializer_list<log_field> fields = {}) const;
  void warning(std::string_view message, std::initializer_list<log_field> fields = {}) const;
  void error(std::string_view message, std::initializer_list<log_field> fields = {}) const;

  [[nodiscard]] bool enabled(log_level level) const noexcept;

 private:
  struct sink;
  explicit logger(std::shared_ptr<sink> to) : sink_(std::move(to)) {}
  void write(log_level level, std::string_view message, std::initializer_list<log_field> fields) const;
  std::shared_ptr<sink> sink_;
};

}  // namespace kfs
