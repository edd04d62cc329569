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

/// What an answer says of the records that were sent.
enum class verdict : std::uint8_t {
  accepted,        ///< 2xx
  record_fault,    ///< 4xx, but for 408, 425 and 429
  endpoint_fault,  ///< anything else, or no answer
  redirect,        ///< to be sent elsewhere
};

/// Reads the answers of one endpoint, and says to people what came. No secret of the options is in what it says.
///
/// Immutable. The options outlive it.
class answer_reader {
 public:
  explicit answer_reader(const forwarder_options& options) : options_(options) {}

  [[nodiscard]] verdict verdict_of(const http_answer& answer) const;

  [[nodiscard]] error fault_of(const http_answer& answer) const;
  [[nodiscard]] error refusal_of(const http_answer& answer, const std::string& topic, const record& one) const;
  [[nodiscard]] error not_followed(const http_answer& answer, const error& why) const;
  /// Nothing was sent, as the breaker admits nothing. `retry_after` tells when it may.
  [[nodiscard]] error not_asked(const circuit_breaker& breaker, circuit_breaker::clock::time_point at) const;
  [[nodiscard]] error too_slow(std::size_t records, std::chrono::seconds within) const;

  /// To put behind a message.
  static std::string pause_text(std::chrono::milliseconds pause);

 private:
  [[nodiscard]] std::string request_text() const;
  [[nodiscard]] std::string answer_text(const http_answer& answer) const;
  [[nodiscard]] std::string without_secrets(std::string text) const;

  const forwarder_options& options_;
};

}  // namespace kfs
