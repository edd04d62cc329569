#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/option_schema.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// Reads the query of one request and collects every mistake in it, in FastAPI's shape. Unknown parameters are ignored;
/// of a repeated one the last counts.
///
/// Threading: none. The request outlives it.
class query_parameters {
 public:
  explicit query_parameters(const http_request& request) : query_(request.query) {}

  std::optional<std::string> text(std::string_view name) const;
  /// A text of 1 to `longest` bytes that has to be there; "" after a mistake.
  std::string required_text(std::string_view name, std::size_t longest);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t minimum, std::int64_t maximum);
  /// true, 1, yes, on, t, y and their opposites, in any case, as FastAPI has it.
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::string> one_of(std::string_view name, const std::vector<std::string>& values);

  void refuse(std::string_view name, std::string type, std::string message);
  [[nodiscard]] const std::vector<violation>& mistakes() const noexcept { return mistakes_; }

 private:
  const name_value_pairs& query_;
  std::vector<violation> mistakes_;
};

}  // namespace kfs
