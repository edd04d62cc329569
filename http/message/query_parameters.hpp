#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/option_schema.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// Reads the query of one request and collects every mistake in FastAPI's shape. Ignores unknown parameters, unless
/// allow_only() is called. The last value of a repeated parameter counts.
///
/// Every reader returns nullopt when the parameter is absent. Check mistakes() before using the values.
///
/// Ownership: the request outlives it. Threading: none.
class query_parameters {
 public:
  explicit query_parameters(const http_request& request) : query_(request.query) {}

  std::optional<std::string> text(std::string_view name) const;
  /// A required text of 1 to `max_bytes` bytes. Returns "" when it is absent.
  std::string required_text(std::string_view name, std::size_t max_bytes);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t minimum, std::int64_t maximum);
  /// Reads FastAPI's words in any case: true, 1, yes, on, t, y, and false, 0, no, off, f, n.
  std::optional<bool> boolean(std::string_view name);
  /// A text that is equal to one of `values`.
  std::optional<std::string> one_of(std::string_view name, const std::vector<std::string>& values);

  /// Adds a mistake for each parameter with another name, and for each that is repeated.
  void allow_only(const std::vector<std::string_view>& names);

  void add_mistake(std::string_view name, std::string type, std::string message);
  [[nodiscard]] const std::vector<violation>& mistakes() const noexcept { return mistakes_; }

 private:
  const name_value_pairs& query_;
  std::vector<violation> mistakes_;
};

}  // namespace kfs
