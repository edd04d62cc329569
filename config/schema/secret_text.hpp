#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// Texts that stand in place of a secret: a reference to where it is, and what a store keeps of it (config/secrets/).

/// Names a secret that is kept elsewhere.
struct secret_reference {
  enum class place : std::uint8_t {
    variable,  ///< `${env:KFS_SECRET_NAME}`
    file,      ///< `${file:/path}`
  };
  place where = place::variable;
  std::string name;  ///< of the variable, or the absolute path
};

/// What the names of variables begin with that a reference may name.
inline constexpr std::string_view secret_variable_prefix = "KFS_SECRET_";

/// The reference that `text` is as a whole; nullopt for any other text.
std::optional<secret_reference> parse_secret_reference(std::string_view text);

/// What is wrong with a text that looks like a reference and is none; nullopt for any other text.
std::optional<std::string> mistake_in_secret_reference(std::string_view text);

/// What every sealed text begins with. A request must not hold such a text.
inline constexpr std::string_view sealed_prefix = "kfs-sealed:";

/// True for a secret as the store keeps it, when the key that opens it is missing.
inline bool is_sealed(std::string_view text) noexcept {
  return text.starts_with(sealed_prefix);
}

}  // namespace kfs
