#pragma once

#include <optional>
#include <vector>

#include "config/base/error.hpp"
#include "config/schema/option_schema.hpp"
#include "config/secrets/secret_source.hpp"

namespace kfs {

/// What stands for secrets in the options of a consumer or processor: references, and values that a store could not
/// open because their key is missing (is_sealed()).

/// True when a value of `options`, which `declared` describes, is a secret, refers to one, or holds one in a part.
bool concerns_secrets(const object_schema& declared, const json& options);

/// True when a secret of `options` is somewhere else.
bool needs_resolution(const object_schema& declared, const json& options);

/// A copy of `options` with the value in place of each reference, which is valid by the declaration.
/// Errors: secret_unavailable, which names the reference, or the missing key, and never a value.
result<json> resolved(const object_schema& declared, const json& options, const secret_source& from);

/// Appends a violation for each reference in `options`, at `loc`, that no consumer may have.
void check_references(const object_schema& declared, const json& options, const json& loc, const secret_source& from,
                      std::vector<violation>& found);

/// Appends a violation for each text in a request that looks like one that a store has sealed.
void reject_sealed(const json& body, const json& loc, std::vector<violation>& found);

/// What to tell about a value that the store could not open; nullopt when `value` holds none.
std::optional<error> sealed_secret_in(const json& value);

}  // namespace kfs
