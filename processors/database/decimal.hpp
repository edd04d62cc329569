#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// A decimal number of any size, exactly as it was written.
class decimal {
 public:
  /// Reads a number as JSON writes it (RFC 8259, section 6); nullopt for other texts.
  static std::optional<decimal> parse(std::string_view text);

  /// The number as an integer without fraction and exponent; nullopt when it is not whole, or has over 40 digits.
  [[nodiscard]] std::optional<std::string> whole() const;

  /// The number times a power of ten, rounded down; nullopt when it does not fit.
  [[nodiscard]] std::optional<std::int64_t> scaled(int power) const;

 private:
  bool negative_ = false;
  std::string digits_;  ///< without zeros at its ends; empty for zero
  long exponent_ = 0;   ///< of the last digit
};

}  // namespace kfs
