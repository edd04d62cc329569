#pragma once

#include <functional>
#include <string>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "config/base/timestamp.hpp"
#include "config/settings/settings.hpp"

namespace kfs {

/// The certificate, the key and the certificate authority of this replica's links, where CAF reads them.
///
/// CAF reads the files anew for each connection and ends the process when a certificate and a key do not belong
/// together. So the files that the settings name are checked first, and CAF reads copies of them, which are in memory
/// (memfd_create(2)) and replaced in one step (dup2(2)). No key is written to a disk.
///
/// Threading: one thread; CAF may read the copies at any time. While replace() runs no connection may begin, because
/// certificate and key are read one after the other.
class link_credentials {
 public:
  /// Errors: invalid_request with a sentence that names the setting and the file.
  static result<link_credentials> load(const link_settings& configured);

  /// Paths of the copies: the certificates followed by the key, and the certificates of the authority.
  [[nodiscard]] std::string identity() const;
  [[nodiscard]] std::string authority() const;

  struct files {
    std::string identity;              ///< the certificates, then the key
    std::string authority;             ///< the certificates of the authority
    timestamp identity_expires = {};   ///< when the first of the certificates does
    timestamp authority_expires = {};  ///< when the first of those of the authority does
    bool operator==(const files&) const = default;
  };

  /// Reads the files again: whether they are others than those in use, and can be used. False for a problem that was
  /// told before. Errors: as load().
  result<bool> look();

  /// Calls it now, and each time that other files are used.
  void when_used(std::function<void(const files&)> tell);

  /// Uses what the last look() found.
  result<void> replace();

 private:
  explicit link_credentials(link_settings configured) : configured_(std::move(configured)) {}

  link_settings configured_;
  files used_;
  files found_;
  std::function<void(const files&)> tell_;
  std::string told_;  ///< the last problem that look() answered with
  file_descriptor identity_;
  file_descriptor authority_;
};

}  // namespace kfs
