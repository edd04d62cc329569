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

/// Goes on with the consumer in the path where the caller may do `wanted` with it; everything else is answered. The
/// supervisor is asked only when what it answered last holds no more. `observed_at` may be out of date.
void with_permitted_consumer(application_context& context, const exchange_ptr& exchanged, permission wanted,
                             std::function<void(const consumer_view&)> go_on);

/// The same, as it is observed now: the supervisor is always asked.
void with_observed_consumer(application_context& context, const exchange_ptr& exchanged, permission wanted,
                            std::function<void(const consumer_view&)> go_on);

/// Goes on with all consumers, oldest first, whether or not the caller may see them; a fault is answered. The
/// supervisor is asked only when what it answered last holds no more.
void with_all_consumers(application_context& context, const exchange_ptr& exchanged,
                        std::function<void(const std::vector<consumer_view_ptr>&)> go_on);

/// Goes on when the consumer keeps to the limits of its tenant as they are now; else answers what it does not keep to.
void with_limits_kept(application_context& context, const exchange_ptr& exchanged, const consumer_spec_ptr& spec,
                      std::function<void()> go_on);

}  // namespace kfs
