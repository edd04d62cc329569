#pragma once

#include <functional>
#include <string>

#include "http/handlers/context.hpp"

namespace kfs {

/// What accompanies a command of that request.
command_context command_of(const http_request& request);

/// The id in the path, in lower case. Nothing where no consumer can have it: 404 has been answered then.
std::optional<consumer_id> consumer_in_path(const exchange_ptr& exchanged);

/// "Consumer <id>", with the id as the client wrote it, cut where it is long.
std::string named_consumer(const http_request& request);

/// The answer to an error about the consumer in the path.
http_response consumer_error(const http_request& request, const error& reason);

/// The body that answers this consumer. It is made once for each change of the consumer, and kept in the view.
const std::string& body_of(const consumer_view& view);

/// Answers the consumer with its ETag, or the error.
void answer_view(const exchange_ptr& exchanged, const result<consumer_view_ptr>& outcome);

/// Asks the supervisor for a consumer and goes on with it; an error is answered.
void with_consumer(application_context& context, const exchange_ptr& exchanged, const consumer_id& id,
                   std::function<void(const consumer_view&)> go_on);

}  // namespace kfs
