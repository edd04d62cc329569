#pragma once

#include "actors/command_context.hpp"
#include "actors/messages.hpp"
#include "actors/replication.hpp"

namespace kfs {

/// Where an actor runs: in a thread of its own, or in the scheduler's (for tests that drive the scheduler by hand).
enum class runs_in : std::uint8_t { own_thread, scheduler };

/// Stores what is wanted: one transaction for each message, in the order of arrival. Runs in a thread of its own
/// because the store blocks. Errors: as config/store/consumer_store.hpp says.
using store_actor = caf::typed_actor<
    // These five are durable when they are answered, with the number of the change, together with the entry of the
    // audit (nullptr: none). A number in the message is that of the change that they follow (0: whatever it is).
    caf::replies_to<create_atom, consumer_spec_ptr, audit_entry_ptr>::with<change_number>,
    caf::replies_to<update_atom, consumer_spec_ptr, change_number, audit_entry_ptr>::with<change_number>,
    caf::replies_to<target_atom, consumer_id, target_state, change_number, audit_entry_ptr>::with<change_number>,
    caf::replies_to<order_atom, consumer_id, standing_orders, change_number, audit_entry_ptr>::with<change_number>,
    caf::replies_to<delete_atom, consumer_id, change_number, audit_entry_ptr>::with<change_number>,
    // One consumer as it is wanted.
    caf::replies_to<get_atom, consumer_id>::with<stored_consumer>,
    // The configurations that a consumer has had, oldest first. The first shows whether a repeated POST is the same.
    caf::replies_to<history_atom, consumer_id>::with<consumer_spec_list>,
    // All consumers that are wanted, oldest first.
    caf::replies_to<list_atom>::with<consumer_spec_list>,
    // A processor's destination of this version accepts records; said for one revision of a consumer. Sent by
    // processors, rarely. A failure is logged, and nothing but this knowledge is lost.
    caf::reacts_to<accept_atom, consumer_id, revision, processor_id, std::string>,
    // What accept_atom has stored for this revision of a consumer.
    caf::replies_to<recall_atom, consumer_id, revision>::with<accepted_versions_ptr>,
    // Answers when the store works. Sent every few seconds.
    caf::replies_to<health_atom>::with<done>,
    // Keys and tenants; nullptr when the number of their last change is the one given.
    caf::replies_to<access_atom, std::uint64_t>::with<stored_access_ptr>,
    // These four are durable when they are answered, together with the entry of the audit.
    caf::replies_to<create_atom, api_key, audit_entry>::with<done>,
    caf::replies_to<delete_atom, api_key_id, audit_entry>::with<done>,
    caf::replies_to<update_atom, tenant, audit_entry>::with<put_outcome>,
    caf::replies_to<delete_atom, tenant_name, audit_entry>::with<done>,
    // When keys were used last.
    caf::replies_to<used_atom, key_uses>::with<done>,
    // What the consumers of a tenant use of its quotas.
    caf::replies_to<usage_atom, std::string>::with<tenant_usage>,
    // Enters an entry into the audit; answers with its id.
    caf::replies_to<audit_atom, audit_entry>::with<std::int64_t>,
    // Adds entries and finishes pending ones.
    caf::replies_to<audit_atom, audit_batch_ptr>::with<done>,
    caf::replies_to<audit_atom, audit_filter>::with<audit_page_ptr>,
    // Entries of processes that ended become unknown; entries before a time are removed, at most that many. Answer with
    // how many.
    caf::replies_to<settle_atom>::with<std::uint64_t>,
    caf::replies_to<prune_atom, timestamp, std::uint64_t>::with<std::uint64_t>>;

/// Decides what the body of a request means. A check may read a disk that does not respond, so it holds up neither the
/// supervisor nor another check. Every answer comes within ten seconds. Errors: timed_out, overloaded.
using rules_actor = caf::typed_actor<
    // The consumer that a POST asks for.
    caf::replies_to<create_atom, requested_consumer>::with<checked_spec>,
    // The next revision of the stored consumer that a PUT asks for; the stored one when it changes nothing.
    caf::replies_to<update_atom, requested_change, consumer_spec_ptr>::with<checked_spec>,
    // A stored consumer that is to be started; violations where the limits of its tenant do not allow it any more.
    caf::replies_to<start_atom, consumer_spec_ptr>::with<checked_spec>>;

/// Keeps what this replica knows of API keys, tenants and roles, and enters what is done into the audit.
using access_actor = caf::typed_actor<
    // Answers when this replica knows what the store holds now. Errors: store_unavailable.
    caf::replies_to<refresh_atom>::with<done>,
    // The same for a key that is not known here, which another replica may have made; a few times a second at most.
    caf::replies_to<recall_atom>::with<done>,
    // Sent to itself when the store is to be asked.
    caf::reacts_to<wake_atom>,
    // Enters an entry into the audit; it is written as soon as the store answers.
    caf::reacts_to<audit_atom, audit_entry>,
    // How a pending entry went; it is written as soon as the store answers.
    caf::reacts_to<finish_atom, audit_finish>,
    // Answers when everything is written that was entered before, or when the store does not take it.
    caf::replies_to<drain_atom>::with<done>,
    // Counts a request without a valid token, by the address that it came from.
    caf::reacts_to<denied_atom, std::string>,
    // A key of that id was used.
    caf::reacts_to<used_atom, std::string>,
    // Sent to itself once a second.
    caf::reacts_to<tick_atom>>;

/// Produces dead letters for the processors of one consumer. Connects when the first one comes.
using dead_letter_actor = caf::typed_actor<
    // Answers when every in-sync replica has the record, or within seconds with an error. After an error the record may
    // still be in the topic, if only the acknowledgement was lost.
    caf::replies_to<deliver_atom, outgoing_record_ptr>::with<done>,
    // Sent by the producer's waker when poll() has something to return.
    caf::reacts_to<wake_atom>>;

/// Works with one sink: carries out requests in the order of arrival, and tries a failed one until it succeeds.
using processor_actor = caf::typed_actor<
    // Writes one batch. Answers when every record of it is durable, or handled as options.on_error says.
    caf::replies_to<deliver_atom, batch_ptr>::with<done>,
    // The positions that the sink itself has stored for partitions of a source, in the order asked.
    caf::replies_to<locate_atom, record_source_ptr, partition_numbers>::with<sink_positions>,
    // Sets the positions at which the sink continues. Answers when that is durable.
    caf::replies_to<start_atom, record_source_ptr, sink_starts>::with<done>,
    // Answers when the sink is open.
    caf::replies_to<health_atom>::with<done>,
    // Finishes all earlier requests, answers, ends and closes the sink. A sink that keeps failing is tried until the
    // requester gives up and kills the actor.
    caf::replies_to<drain_atom>::with<done>,
    // Sent to itself when a back-off ends, and by its consumer when a user asks for an attempt at once.
    caf::reacts_to<retry_atom>>;

/// Runs one member of a consumer group and its processors.
using consumer_actor = caf::typed_actor<
    // Sent by the Kafka client's waker when poll() has something to return.
    caf::reacts_to<wake_atom>,
    // Sent to itself when a batch has waited long enough to fill.
    caf::reacts_to<flush_atom>,
    // Sent to itself several times a second: commit interval, deadlines, statistics.
    caf::reacts_to<tick_atom>,
    // Sent by its processors when it changes how they are doing.
    caf::reacts_to<observed_atom, processor_report>,
    // Sent by the supervisor when a user asks for an attempt at once.
    caf::reacts_to<retry_atom>,
    // Sent by the supervisor: these partitions read nothing from now on, and others read. Answers when that is so; the
    // batches in hand are still written.
    caf::replies_to<pause_atom, paused_partitions>::with<done>,
    // Stops reading, has the batches in hand written, commits, leaves the group (as the departure says), answers and
    // ends. After the stop time-out of its options it gives up what is not durable, which is read again later.
    caf::replies_to<drain_atom, departure>::with<done>>;

/// Makes what runs follow what is wanted. It alone knows the status of each consumer.
///
/// The commands of one consumer take effect in the order of their arrival. A command is answered when it is durable. A
/// command whose deadline has passed when its turn comes is not carried out (timed_out), nor one to which its sender
/// has no right then (forbidden, or not_found where the consumer is hidden from it). Where several replicas share the
/// consumers, any of them takes any command and query: what is to be done by another one is stored, and that one
/// follows. Errors: not_found, already_exists, stale_revision, forbidden, store_unavailable, standby, overloaded,
/// shutting_down, timed_out. Everything but health is refused until the consumers are loaded from the store:
/// store_unavailable, or standby while an older version of the server runs them.
using supervisor_actor = caf::typed_actor<
    // Adds a consumer, whose id and times the caller makes, and starts it if its target is started.
    caf::replies_to<create_atom, command_context, consumer_spec_ptr>::with<create_outcome>,
    // All consumers, oldest first.
    caf::replies_to<list_atom>::with<consumer_views>,
    // One consumer. Its events are read in the change feed.
    caf::replies_to<get_atom, consumer_id>::with<consumer_view_ptr>,
    // Changes the configuration that is stored when the command's turn comes. Answers when a running consumer has been
    // drained and, if its target is started, started again. A change without effect makes no revision.
    caf::replies_to<update_atom, command_context, consumer_id, requested_change>::with<update_outcome>,
    // Starts; a consumer in ERROR tries again at once. Answers without waiting for the start.
    caf::replies_to<start_atom, command_context, consumer_id>::with<consumer_view_ptr>,
    // Stops. Answers when the batches in hand are written and committed, or after the stop time-out.
    caf::replies_to<stop_atom, command_context, consumer_id>::with<consumer_view_ptr>,
    // Pauses, resumes or restarts. Answers when what runs has followed: an owner of another replica within seconds. A
    // pause and a resume hold for a consumer that is stopped, too. Errors: cannot_apply for the restart of such a one.
    caf::replies_to<order_atom, command_context, consumer_id, consumer_order>::with<consumer_view_ptr>,
    // Stops, then removes, if the condition allows the current revision.
    caf::replies_to<delete_atom, command_context, consumer_id, revision_condition>::with<done>,
    caf::replies_to<health_atom>::with<server_health>,
    // Sent by a consumer with its incarnation: what it observes.
    caf::reacts_to<observed_atom, consumer_id, std::uint64_t, observation_ptr>,
    // Several replicas: what is wanted has changed in the store, and what others tell of what they run.
    caf::reacts_to<wanted_atom, wanted_changes_ptr>, caf::reacts_to<told_atom, instance_reports>,
    // Several replicas: another one has stored a change of that number. Answers when it is known here.
    caf::replies_to<changed_atom, consumer_id, change_number>::with<done>,
    // Sent to itself: back-offs, the store's health, loading from the store.
    caf::reacts_to<tick_atom>,
    // Takes no more commands, stops every consumer and answers. What is wanted stays stored. Queries are answered until
    // the actor is told to end.
    caf::replies_to<drain_atom>::with<done>>;

/// Asks Kafka clusters about groups. Every answer comes within ten seconds. A silent cluster does not block queries to
/// other clusters. Errors: those of kafka_admin, and overloaded.
using kafka_admin_actor = caf::typed_actor<
    // All groups of the cluster, sorted.
    caf::replies_to<groups_atom, asked_cluster>::with<group_names>,
    // A group's committed offsets by topic and partition; empty when it has none.
    caf::replies_to<offsets_atom, asked_cluster, std::string>::with<committed_offsets>,
    // A group and its members.
    caf::replies_to<describe_atom, asked_cluster, std::string>::with<group_description_ptr>,
    // A group's lag in a topic, by partition; empty when it has committed no offset there.
    caf::replies_to<lag_atom, asked_cluster, std::string, std::string>::with<partition_lags>,
    // How far a group is behind, as kafka_admin tells it.
    caf::replies_to<lag_atom, asked_cluster, lag_query>::with<group_facts_ptr>,
    // Changes what a group has committed, or tells what that would do.
    caf::replies_to<commit_atom, asked_cluster, offset_order>::with<offset_steps>>;

/// Judges how far consumers and groups are behind. It watches all consumers of this server, whatever replica runs them,
/// and remembers how far the groups were that it was asked about.
using lag_actor = caf::typed_actor<
    // The cluster is asked for the facts. For a consumer whose cluster does not answer, the answer is made of what the
    // consumer observes. Errors: those of kafka_admin_actor.
    caf::replies_to<lag_atom, lag_question>::with<lag_report_ptr>,
    // The last hour of a consumer, as this replica has seen it; empty for one that it does not know.
    caf::replies_to<history_atom, consumer_spec_ptr>::with<history_steps_ptr>,
    // Sent to itself every few seconds: looks at all consumers.
    caf::reacts_to<tick_atom>>;

}  // namespace kfs
