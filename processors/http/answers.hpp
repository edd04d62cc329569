#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "processors/batch.hpp"
#include "processors/circuit_breaker.hpp"
#include "processors/http/options.hpp"

namespace kfs {

/// What an answer means for the records of its request.
enum class verdict : std::uint8_t {
  accepted,        ///< 2xx
  record_fault,    ///< any other 4xx
  endpoint_fault,  ///< is_fault_of_endpoint(), any other status, or no answer
  redirect,        ///< the request must be sent to another URL
};

/// Interprets the answers of one endpoint and makes error messages of them. These contain no secret of the options, and
/// nothing of an answer but its status.
///
/// Immutable. The options must outlive it.
class answer_reader {
 public:
  explicit answer_reader(const http_sink_options& options) : options_(options) {}

  [[nodiscard]] verdict verdict_of(const http_answer& answer) const;

  [[nodiscard]] error fault_of(const http_answer& answer) const;
  [[nodiscard]] error rejection_of(const http_answer& answer, const std::string& topic, const record& rejected) const;
  [[nodiscard]] error not_followed(const http_answer& answer, const error& why) const;
  /// The error when the breaker admits no request. Its `retry_after` is the time until one may be sent.
  [[nodiscard]] error not_asked(const circuit_breaker& breaker, circuit_breaker::clock::time_point at) const;
  [[nodiscard]] error too_slow(std::size_t records, std::chrono::seconds within) const;

  /// What is appended to a message about a fault.
  static std::string pause_text(std::chrono::milliseconds pause);

 private:
  [[nodiscard]] std::string request_text() const;
  [[nodiscard]] std::string answer_text(const http_answer& answer) const;
  [[nodiscard]] std::string without_secrets(std::string text) const;

  const http_sink_options& options_;
};

}  // namespace kfs
