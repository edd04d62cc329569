#pragma once

#include <functional>
#include <string>

#include "config/access/permission.hpp"
#include "http/handlers/context.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {

/// What accompanies the command of that request: its deadline, who sent it, the permission that it needs when its turn
/// comes, and what the audit says of it, with the status of the answer when it is carried out.
command_context command_of(const exchange& exchanged, permission needed, int status = 200);

/// The id in the path, in lower case. Nothing where no consumer can have it: 404 has been answered then.
std::optional<consumer_id> consumer_in_path(const exchange_ptr& exchanged);

/// The body that answers this consumer. It is made once for each change of the consumer, and kept in the view.
const std::string& body_of(const consumer_view& view);

/// Answers the consumer with its ETag, or the error.
void answer_view(const exchange_ptr& exchanged, const result<consumer_view_ptr>& outcome);

/// Asks the supervisor for the consumer in the path and goes on with it where the caller may do `wanted` with it;
/// everything else is answered.
void with_permitted_consumer(application_context& context, const exchange_ptr& exchanged, permission wanted,
                             std::function<void(const consumer_view&)> go_on);

}  // namespace kfs
