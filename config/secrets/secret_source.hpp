#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/schema/secret_text.hpp"

namespace kfs {

/// Where the secrets are to which consumers refer: variables of the environment with the names KFS_SECRET_…, and files
/// below SECRETS_DIRECTORIES, after every symbolic link is followed.
///
/// Ownership: a value. Threading: immutable, safe to share between threads.
class secret_source {
 public:
  static constexpr std::size_t largest_file = 64 * 1024;  ///< bytes

  /// Knows no secret.
  secret_source() = default;
  /// `variables`: the environment of the process; those with other names are not kept.
  /// `own_files`: those of the server itself, which are no secrets of consumers, under whatever name.
  secret_source(std::vector<std::filesystem::path> directories, const std::map<std::string, std::string>& variables,
                std::vector<std::filesystem::path> own_files = {});

  /// Why no consumer may refer to this; nullopt when it may, whether or not there is a value now.
  [[nodiscard]] std::optional<std::string> mistake_in(const secret_reference& reference) const;

  /// The present value; of a file without the line end at its end.
  /// Errors: secret_unavailable, which names the reference and never a value.
  [[nodiscard]] result<std::string> value_of(const secret_reference& reference) const;

 private:
  [[nodiscard]] bool is_below_directories(const std::filesystem::path& path) const;
  [[nodiscard]] bool is_really_below_directories(const std::filesystem::path& path) const;
  [[nodiscard]] bool is_own(const std::filesystem::path& path) const;
  [[nodiscard]] result<std::string> content_of(const std::string& path) const;

  std::vector<std::filesystem::path> directories_;
  std::map<std::string, std::string> variables_;
  std::vector<std::filesystem::path> own_files_;
};

/// The reference as it is written: "${file:/path}".
std::string to_string(const secret_reference& reference);

}  // namespace kfs
