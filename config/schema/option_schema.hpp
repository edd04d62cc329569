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

namespace kfs {

/// One mistake in a request, in the shape of FastAPI's (pydantic v2's) error list.
struct violation {
  std::string type;  ///< pydantic's name: missing, extra_forbidden, int_type, string_pattern_mismatch, …
  json loc;          ///< array of strings and indices from "body", "query" or "path" down to the field
  std::string msg;   ///< what is wrong and how to mend it; holds no secret
  json input;        ///< the refused value; null where it is, or might hold, a secret
};

/// No more mistakes than these are listed; what lies behind them is not looked at.
inline constexpr std::size_t most_violations = 1'000;

/// The place of the field or element `step` below the place `loc`.
json below(const json& loc, json step);

class object_schema;

/// The JSON type that an option has. No conversion is ever made: "9092" is not an integer, 1 is not a boolean.
enum class value_kind : std::uint8_t { string, integer, number, boolean, object, array };

/// The declaration of one option. It drives validation, JSON Schema, OpenAPI, /processor-types and the README.
struct option {
  std::string name;
  value_kind kind = value_kind::string;
  std::string summary = {};  ///< one sentence, with the unit where there is one
  bool required = false;
  bool nullable = false;  ///< null is taken as "absent"
  /// A string, or every string of a container: masked whole in answers, never echoed in a violation. Not needed for a
  /// password inside a URL or keyword string: that part is masked in every string.
  bool secret = false;
  json default_value = nullptr;              ///< null: none
  json example = nullptr;                    ///< null: none
  std::optional<std::int64_t> minimum = {};  ///< of an integer or number
  std::optional<std::int64_t> maximum = {};
  std::optional<std::size_t> min_length = {};  ///< of a string (in bytes), an array or a map (in elements)
  std::optional<std::size_t> max_length = {};
  std::string pattern = {};              ///< ECMA regular expression for JSON Schema; checked by `check`
  std::vector<std::string> one_of = {};  ///< the only strings allowed
  /// A further check on a value whose type and bounds hold: the text of what is wrong, or nothing.
  std::function<std::optional<std::string>(const json&)> check = {};
  /// Of kind object: its fields; none: any object (see `items`). Such an option is not `secret`, its fields may be.
  std::shared_ptr<const object_schema> object = {};
  /// Of kind array: each element; of kind object without `object`: each value. none: anything.
  std::shared_ptr<const option> items = {};
};

/// A set of options that together make one JSON object.
///
/// Immutable after construction and then safe to share between threads.
class object_schema {
 public:
  /// `ignored`: names that are accepted and dropped (read-only fields of a response that come back in a PUT).
  object_schema(std::string name, std::string summary, std::vector<option> options,
                std::vector<std::string> ignored = {});

  /// Appends every mistake of `input` to `found`; `loc` is the place of `input` itself. Nothing is changed.
  /// With `partial`, required options may be absent (PUT changes what it names). The mask in place of a secret passes:
  /// reject_masks() has the last word on it. No more than most_violations are listed.
  void validate(const json& input, const json& loc, std::vector<violation>& found, bool partial = false) const;

  /// A copy of validated input without ignored names and without nulls of nullable options.
  [[nodiscard]] json cleaned(const json& validated) const;

  /// A copy in which every secret, and every password inside a URL, is `mask`.
  [[nodiscard]] json masked(const json& value) const;

  /// A copy of `changed` in which values that `masked(stored)` shows at the same place have their stored value again:
  /// a masked secret that comes back in a PUT means "unchanged".
  [[nodiscard]] json unmasked(const json& changed, const json& stored) const;

  /// True where `changed` still shows the mask for a secret after unmasked(): there was nothing to restore it from.
  /// Appends a violation for each such place.
  void reject_masks(const json& changed, const json& loc, std::vector<violation>& found) const;

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

/// What stands in place of a secret.
inline constexpr std::string_view secret_mask = "********";

/// A copy of `text` in which the password of every URL (scheme://user:password@host), the value of every libpq keyword
/// `password=…`, is the mask. What is not a URL or keyword string comes back as it is.
std::string mask_credentials(std::string_view text);

/// True where the mask stands in place of such a password: what mask_credentials() wrote came back.
bool holds_masked_credentials(std::string_view text);

}  // namespace kfs
