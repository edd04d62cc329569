#pragma once

#include "config/schema/option_schema.hpp"

namespace kfs {

/// The declaration of a consumer's `options`.
const object_schema& consumer_options_schema();

}  // namespace kfs
