#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/handlers/context.hpp"
#include "http/message/query_parameters.hpp"

namespace kfs {

/// The cluster that a request is about, as it says.
struct named_cluster {
  std::string servers;  ///< those that it names, or those of the settings
  bool names_servers = false;
  std::optional<consumer_id> of_consumer;  ///< the cluster of this one, with its credentials
};

/// Reads bootstrap_servers= or consumer_id=, and notes what is wrong with them.
named_cluster read_cluster(const application_context& context, query_parameters& query);

/// Goes on with the cluster in which the caller may see that group. Else it answers as if the group did not exist.
void with_permitted_group(application_context& context, const exchange_ptr& exchanged, const std::string& group,
                          named_cluster named, std::function<void(const asked_cluster&)> go_on);

/// The one of these with that id; nullptr when there is none.
consumer_view_ptr find_consumer(const std::vector<consumer_view_ptr>& consumers, const consumer_id& id);

http_response no_consumer(const exchange& exchanged, const consumer_id& id);
/// `where`: more words of the sentence, such as " on topic 't'"; may be empty.
error nothing_committed(const std::string& group, const std::string& where);

}  // namespace kfs
