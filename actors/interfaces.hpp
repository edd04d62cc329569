#pragma once

#include "actors/command_context.hpp"
#include "actors/messages.hpp"

namespace kfs {

/// Where an actor runs: in a thread of its own, or in the scheduler's (for tests that drive the scheduler by hand).
enum class runs_in : std::uint8_t { own_thread, scheduler };

/// Keeps what is wanted, one transaction a message, in the order of arrival. Runs in a thread of its own because the
/// store blocks. Errors: as config/store/consumer_store.hpp says.
using store_actor = caf::typed_actor<
    // Each is durable once it is answered.
    caf::replies_to<create_atom, consumer_spec_ptr>::with<done>,
    caf::replies_to<update_atom, consumer_spec_ptr>::with<done>,
    caf::replies_to<target_atom, consumer_id, target_state>::with<done>,
    caf::replies_to<delete_atom, consumer_id>::with<done>,
    // The first configuration that a consumer ever had: tells whether a repeated POST is the same one.
    caf::replies_to<history_atom, consumer_id>::with<consumer_spec_list>,
    // Everything that is wanted, oldest first.
    caf::replies_to<list_atom>::with<consumer_spec_list>,
    // Asked every few seconds for readiness.
    caf::replies_to<health_atom>::with<done>>;

/// Decides what the body of a request means. A check may read a disk that does not respond, so it holds up neither the
/// supervisor nor another check. Every answer comes within ten seconds. Errors: timed_out, overloaded.
using rules_actor = caf::typed_actor<
    // The consumer that a POST asks for.
    caf::replies_to<create_atom, requested_consumer>::with<checked_spec>,
    // The next revision of the stored consumer that a PUT asks for; the stored one when it changes nothing.
    caf::replies_to<update_atom, requested_change, consumer_spec_ptr>::with<checked_spec>>;

/// Produces records to dead-letter topics, for the processors of one consumer. Connects when the first one comes.
using dead_letter_actor = caf::typed_actor<
    // Answered once every in-sync replica has the record; within seconds with the reason why it does not. The record
    // may be in the topic nevertheless, when only the acknowledgement was lost.
    caf::replies_to<deliver_atom, outgoing_record_ptr>::with<done>,
    // Sent by the producer's waker: there is something to poll.
    caf::reacts_to<wake_atom>>;

/// Works for one sink, on what it is asked in the order of arrival; tries what failed again for as long as it lives.
using processor_actor = caf::typed_actor<
    // Writes one batch. Answered once every record of it is durable, or dealt with as options.on_error says, however
    // often that has to be tried.
    caf::replies_to<deliver_atom, batch_ptr>::with<done>,
    // Where the sink itself stands in partitions of a source, in the order asked. Answered once the sink can tell.
    caf::replies_to<locate_atom, record_source_ptr, partition_numbers>::with<sink_positions>,
    // The sink stands there from now on. Answered once that is durable.
    caf::replies_to<start_atom, record_source_ptr, partition_offsets>::with<done>,
    // Answered once the sink could be opened.
    caf::replies_to<health_atom>::with<done>,
    // Finishes the batch in hand and those queued, closes the sink, answers and ends. A sink that keeps failing is
    // tried until whoever asked gives up and kills the actor.
    caf::replies_to<drain_atom>::with<done>,
    // Sent to itself when a back-off ends, and by its consumer when a user asked for another try at once.
    caf::reacts_to<retry_atom>>;

/// Runs one member of a consumer group and its processors.
using consumer_actor = caf::typed_actor<
    // Sent by the Kafka client's waker: there is something to poll.
    caf::reacts_to<wake_atom>,
    // Sent to itself: a batch has waited long enough to fill.
    caf::reacts_to<flush_atom>,
    // Sent to itself: commit interval, deadlines, statistics.
    caf::reacts_to<tick_atom>,
    // From its processors: how they are doing, when that changes.
    caf::reacts_to<observed_atom, processor_report>,
    // From the supervisor: a user asked for another try at once.
    caf::reacts_to<retry_atom>,
    // Stops reading, brings what is in hand to the sinks, commits, leaves the group, answers and ends; within the
    // stop time-out of its options, after which what is not durable is given up (and read again later).
    caf::replies_to<drain_atom>::with<done>>;

/// Makes what is observed follow what is wanted; the only one who knows a consumer's status.
///
/// Commands of one consumer take effect in the order of their arrival. A command is answered after it is durable. One
/// whose deadline has passed when its turn comes is not carried out (timed_out).
/// Errors: not_found, already_exists, stale_revision, store_unavailable, standby, overloaded, shutting_down, timed_out.
/// Until what the store holds was loaded, and while another replica runs the consumers, everything but health is
/// refused.
using supervisor_actor = caf::typed_actor<
    // Adds a consumer (id and times are made by the caller) and starts it if that is its target.
    caf::replies_to<create_atom, command_context, consumer_spec_ptr>::with<create_outcome>,
    // All consumers, oldest first.
    caf::replies_to<list_atom>::with<consumer_views>, caf::replies_to<get_atom, consumer_id>::with<consumer_view_ptr>,
    // The kept events of a consumer with a greater number, oldest first.
    caf::replies_to<events_atom, consumer_id, std::uint64_t>::with<consumer_events>,
    // Changes the configuration, as it is stored when the command's turn comes. Answered when a running consumer has
    // been drained and, if its target is started, started again. A change that changes nothing makes no revision.
    caf::replies_to<update_atom, command_context, consumer_id, requested_change>::with<update_outcome>,
    // Starts; on ERROR tries again at once. Answered at once.
    caf::replies_to<start_atom, command_context, consumer_id>::with<consumer_view_ptr>,
    // Stops. Answered when the batches in hand are in the sinks and committed, or the stop time-out is over.
    caf::replies_to<stop_atom, command_context, consumer_id>::with<consumer_view_ptr>,
    // Stops, then removes, if the condition allows the current revision.
    caf::replies_to<delete_atom, command_context, consumer_id, revision_condition>::with<done>,
    caf::replies_to<health_atom>::with<server_health>,
    // From a child, with the incarnation that it was spawned as: what it observes.
    caf::reacts_to<observed_atom, consumer_id, std::uint64_t, observation_ptr>,
    // Sent to itself: back-offs that ended, readiness of the store, loading from it.
    caf::reacts_to<tick_atom>,
    // Takes no more commands, stops every consumer (what is wanted stays as stored) and answers; questions are
    // answered until whoever spawned it ends it.
    caf::replies_to<drain_atom>::with<done>>;

/// Asks Kafka clusters about groups. A silent cluster blocks neither other clusters nor anyone else.
/// Every answer comes within ten seconds. Errors: as kafka_admin says, and overloaded.
using kafka_admin_actor = caf::typed_actor<
    // bootstrap servers → every group of the cluster, sorted.
    caf::replies_to<groups_atom, std::string>::with<group_names>,
    // bootstrap servers, group → what it has committed, by topic and partition; empty: nothing.
    caf::replies_to<offsets_atom, std::string, std::string>::with<committed_offsets>,
    // bootstrap servers, group, topic → its lag by partition; empty: it has committed on none.
    caf::replies_to<lag_atom, std::string, std::string, std::string>::with<partition_lags>>;

}  // namespace kfs
