#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/ids.hpp"

namespace kfs {

/// What a placeholder in braces, such as `{topic}`, is replaced by in a `file_path`.
enum class placeholder : std::uint8_t {
  topic,      ///< the name of the record's topic
  partition,  ///< the record's partition
  instance,   ///< the number of the consumer's instance
  date,       ///< the day, UTC, as YYYY-MM-DD
};

/// What is wrong with the braces of a `file_path`, with the list of placeholders; nullopt when nothing is.
std::optional<std::string> mistake_in_template(std::string_view text);

/// The placeholder at the beginning of a text, and its length; nullopt and 1 when none is there. `text` is not empty.
std::pair<std::size_t, std::optional<placeholder>> placeholder_at(std::string_view text);

/// `path` with every placeholder but `{topic}` replaced by a text of the greatest length that it may get.
std::string longest_expansion(std::string_view path);

/// `path` with every `{date}` replaced by the day.
std::string with_date(std::string_view path, std::chrono::sys_days day);

/// A `file_path` with its placeholders, read once.
///
/// Immutable; safe to share between threads.
class file_path_template {
 public:
  /// Braces in which mistake_in_template() finds a mistake stay as they are.
  explicit file_path_template(std::string_view text);

  [[nodiscard]] bool has(placeholder one) const noexcept;

  /// The path for a topic; the other placeholders are left. How the topic is written: expand().
  [[nodiscard]] std::string with_topic(std::string_view topic) const;

  /// The path for these values; every `{date}` is left for with_date(). Characters of the topic other than letters,
  /// digits, ".", "_" and "-" become "_", so it adds no directory and no placeholder; it is never "", "." or "..".
  [[nodiscard]] std::string expand(std::string_view topic, partition_number partition, int instance) const;

 private:
  template <class Replace>
  [[nodiscard]] std::string replaced(Replace text_for) const;

  struct part {
    std::string literal;
    std::optional<placeholder> stands_for;  ///< what follows the literal
  };

  std::vector<part> parts_;
};

}  // namespace kfs
