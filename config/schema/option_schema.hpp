#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.hpp"
#include "config/schema/secret_text.hpp"

namespace kfs {

/// One mistake in a request, in the form of FastAPI's (pydantic v2's) error list.
struct violation {
  std::string type;  ///< pydantic's name for it: missing, extra_forbidden, int_type, string_pattern_mismatch, …
  json loc;          ///< array of names and indices from "body", "query" or "path" down to the field
  std::string msg;   ///< what is wrong and what to do; holds no secret
  json input;        ///< the rejected value; null when it is, or may hold, a secret
  bool operator==(const violation&) const = default;
};

/// What of a rejected value may be repeated: passwords in a text are masked; null for a text that may hide another
/// secret, and for a list or an object that holds a text.
json harmless_part(const json& input);

/// At most this many mistakes are listed; what follows them is not checked.
inline constexpr std::size_t most_violations = 1'000;

/// The place of the field or element `step` below the place `loc`.
json below(const json& loc, json step);

class object_schema;

/// A value of an object that is a secret or a reference to one, or holds a password in a part of it.
struct place_of_secret {
  json::json_pointer at;
  json& value;
  bool whole = false;      ///< the value is secret as a whole
  bool may_refer = false;  ///< by its declaration, a reference to a secret may be in it

  /// False for a value that only refers to its secrets, or could hold one and holds none.
  [[nodiscard]] bool holds_secret() const;
};
using secret_visitor = std::function<void(const place_of_secret&)>;

/// The JSON type of an option. Values are never converted: "9092" is not an integer, 1 is not a boolean.
enum class value_kind : std::uint8_t { string, integer, boolean, object, array };

/// The declaration of one option, from which validation, JSON Schema, OpenAPI and /processor-types follow.
struct option {
  std::string name;
  value_kind kind = value_kind::string;
  std::string summary = {};  ///< one sentence, with the unit if it has one
  bool required = false;
  bool nullable = false;  ///< null means "absent"
  /// The string, or every string of the container, is masked in answers and never repeated in a violation. Not needed
  /// for a password inside a URL or a libpq keyword string, which is masked in every option. It may be a reference.
  bool secret = false;
  /// The string holds a password, as a URL does: the string, or the password in it, may be a reference.
  bool holds_secret = false;
  json default_value = nullptr;              ///< null when there is none
  json example = nullptr;                    ///< null when there is none
  std::optional<std::int64_t> minimum = {};  ///< of an integer
  std::optional<std::int64_t> maximum = {};
  std::optional<std::size_t> min_length = {};  ///< in bytes of a string, in elements of an array or map
  std::optional<std::size_t> max_length = {};
  std::string pattern = {};              ///< ECMA regular expression for JSON Schema; checked by `check`
  std::vector<std::string> one_of = {};  ///< the only strings allowed
  /// A further check of a value whose type and bounds are right. Returns what is wrong, or nullopt.
  std::function<std::optional<std::string>(const json&)> check = {};
  /// Of kind object: its fields; null for a map (see `items`). The option is then not `secret`, but its fields may be.
  std::shared_ptr<const object_schema> object = {};
  /// Of kind string: the fields of an object that may stand in place of the string. `check` then receives the object.
  std::shared_ptr<const object_schema> or_object = {};
  /// The declaration of each element of an array, or of each value of a map; null when any value is accepted.
  std::shared_ptr<const option> items = {};
};

/// The options of one JSON object.
///
/// Threading: immutable, safe to share between threads.
class object_schema {
 public:
  /// `ignored`: names that are accepted and dropped, such as read-only fields of an answer that come back in a PUT.
  object_schema(std::string name, std::string summary, std::vector<option> options,
                std::vector<std::string> ignored = {});

  /// Appends every mistake in `input` to `found`, up to most_violations; `loc` is the place of `input`. A mask in place
  /// of a secret is no mistake here; see reject_masks().
  void validate(const json& input, const json& loc, std::vector<violation>& found) const;

  /// A copy of validated input without ignored names and without nulls of nullable options.
  [[nodiscard]] json cleaned(const json& validated) const;

  /// A copy in which every secret, and every password inside a URL, is `mask`.
  [[nodiscard]] json masked(const json& value) const;

  /// A copy of `changed` in which each value that is equal to masked(stored) at the same place is replaced by the
  /// stored value. So a masked secret that comes back in a PUT means "unchanged".
  [[nodiscard]] json unmasked(const json& changed, const json& stored) const;

  /// Appends a violation for each mask that is left after unmasked(), because no stored secret stands behind it.
  void reject_masks(const json& changed, const json& loc, std::vector<violation>& found) const;

  /// Calls `visit` for each place of a secret in `value`, an object at `at`: what masked() masks, references, and
  /// options that the declaration does not know. `visit` may change the value.
  void visit_secrets(json& value, const json::json_pointer& at, const secret_visitor& visit) const;

  /// JSON Schema (2020-12) of the object.
  [[nodiscard]] json json_schema() const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& summary() const noexcept { return summary_; }
  [[nodiscard]] const std::vector<option>& options() const noexcept { return options_; }

 private:
  [[nodiscard]] const option* find(std::string_view name) const noexcept;
  [[nodiscard]] bool ignores(std::string_view name) const noexcept;

  std::string name_;
  std::string summary_;
  std::vector<option> options_;
  std::vector<std::string> ignored_;
};

/// The text in place of a secret.
inline constexpr std::string_view secret_mask = "********";

/// A copy of `text` in which the password of every URL (scheme://user:password@host) and the value of every libpq
/// keyword `password=…` are masked, unless it is a reference. A sealed text is masked as a whole. Other text is
/// returned unchanged.
std::string mask_credentials(std::string_view text);

/// A copy of `text` with what `in_place_of` returns in place of each such password that is a reference.
std::string replace_referenced_passwords(
    std::string_view text, const std::function<std::string(const secret_reference& reference)>& in_place_of);

/// True when such a password is the mask, that is, when text that mask_credentials() returned came back.
bool holds_masked_credentials(std::string_view text);

}  // namespace kfs
