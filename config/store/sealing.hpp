#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "config/base/logger.hpp"
#include "config/consumers/spec.hpp"
#include "config/schema/option_schema.hpp"
#include "config/secrets/key_ring.hpp"

namespace kfs {

/// The declaration of the options of a processor type; null for a type that this server does not know.
using processor_schemas = std::function<const object_schema*(std::string_view type)>;

/// Consumers as the text that stores keep, with their secrets encrypted.
///
/// A sealed text begins with `{"sealed_by":"KEY","sealed_at":[…]`: the key, and JSON pointers to the values that are
/// sealed. Sealed is what is masked in answers; a reference to a secret stays as it is. A value that cannot be opened
/// because its key is missing stays sealed in the specification (is_sealed()), and is written again as it is.
///
/// Ownership: one per process, shared by its store and its readers of what others store.
/// Threading: safe from any thread.
class spec_sealing {
 public:
  /// Without keys: writes plain text.
  spec_sealing();
  spec_sealing(key_ring keys, processor_schemas types, logger log);

  [[nodiscard]] const key_ring& keys() const noexcept { return keys_; }

  /// The text of a consumer, sealed with the key of that name, which the server has; plain where `key` is empty.
  /// Errors: as to_stored_text().
  [[nodiscard]] result<std::string> to_text(const consumer_spec& spec, const std::string& key) const;

  /// Reads what to_text() wrote. A key that is missing is logged once.
  /// Errors: json::exception for any other text.
  [[nodiscard]] consumer_spec from_text(const std::string& text) const;

  /// The same consumer sealed with that key; nullopt when it already is, as far as its values can be opened, and for a
  /// text that to_text() did not write. Errors: as to_text().
  [[nodiscard]] result<std::optional<std::string>> moved_to(const std::string& key, const std::string& text) const;

  /// How the text of a consumer begins that is sealed with that key. Holds no wildcards of SQL's LIKE.
  static std::string beginning(const std::string& key);

  /// What prevents storing this consumer in a store whose key is `key`: the server does not have that key, and would
  /// write secrets in plain text. Errors: secret_unavailable.
  [[nodiscard]] result<void> may_store(const consumer_spec& spec, const std::string& key) const;

  /// Tells the log that secrets are written in plain text, or with another key than the current one, because these
  /// replicas hinder it; once for the same replicas.
  void note_hindered(const std::string& replicas) const;
  /// Tells the log that all that is stored is sealed with the current key, as far as it can be opened.
  void note_sealed() const;

 private:
  void visit(json& stored, const secret_visitor& visit) const;
  [[nodiscard]] bool is_news(const std::string& problem) const;
  void note_missing(const std::string& key, const error& why) const;

  key_ring keys_;
  processor_schemas types_;
  logger log_ = logger::silent();
  mutable std::mutex mutex_;
  mutable std::set<std::string> noted_;  ///< problems that were logged; guarded by mutex_
};
using spec_sealing_ptr = std::shared_ptr<const spec_sealing>;

}  // namespace kfs
