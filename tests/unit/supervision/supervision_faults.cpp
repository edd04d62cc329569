// What a random sequence does to Kafka, to sinks, to actors and to the store.
#include <algorithm>
#include <set>
#include <utility>

#include "tests/unit/supervision/supervision_steps.hpp"

namespace kfs::test {

using namespace std::chrono_literals;

std::string supervision_sequence::wait() {
  const auto span = some_time();
  world_.pass(span);
  return "wait " + std::to_string(span.count()) + " ms";
}

std::string supervision_sequence::records() {
  const auto partition = some_partition();
  if (world_.cluster.faults.topic_missing) return "no topic for records";
  if (one_in(6)) {
    world_.cluster.append_marker(partition);
    return "a marker in partition " + std::to_string(partition);
  }
  const auto count = static_cast<std::int64_t>(1 + below(one_in(4) ? 200 : 20));
  world_.cluster.append(partition, count);
  return std::to_string(count) + " records in partition " + std::to_string(partition);
}

/// The log loses records at its beginning, or at its end.
std::string supervision_sequence::trim() {
  const auto partition = some_partition();
  const auto& log = world_.cluster.log(partition);
  const auto span = static_cast<std::uint64_t>(log.end - log.start);
  if (span == 0) return "nothing to trim";
  const auto at = log.start + static_cast<std::int64_t>(below(span));
  if (!one_in(3)) {
    world_.cluster.expire(partition, at);
    ++world_.injected["records expire"];
    return "records of partition " + std::to_string(partition) + " below " + std::to_string(at) + " expire";
  }
  world_.cluster.truncate(partition, at);
  ++world_.injected["a log is cut"];
  return "partition " + std::to_string(partition) + " is cut at " + std::to_string(at);
}

std::string supervision_sequence::recreate_topic() {
  if (world_.cluster.faults.topic_missing) {
    world_.cluster.make_topic();
    return "the topic is made again";
  }
  world_.cluster.delete_topic();
  ++world_.injected["the topic is deleted"];
  return "the topic is deleted";
}

/// All logs begin anew and grow again, and a consumer ends at some moment while it takes notice. One of its sinks may
/// hang, so that it is told later than the others.
std::string supervision_sequence::restart_logs_amid_faults() {
  const auto id = some_id();
  if (world_.cluster.faults.topic_missing) return "no topic to make again";
  const bool again = one_in(2);
  if (again) world_.cluster.delete_topic();
  ++world_.injected[again ? "the topic is made again at once" : "all logs are cut"];
  if (auto* which = some_processor(id); which != nullptr && !which->hangs_since && one_in(2)) world_.hang(*which);
  const auto partitions = static_cast<partition_number>(world_.cluster.partitions());
  for (partition_number partition = 0; partition < partitions && !again; ++partition)
    world_.cluster.truncate(partition, world_.cluster.log(partition).start);
  if (again && one_in(2)) world_.pass(some_time());
  if (again) world_.cluster.make_topic();
  const auto grow = [&] {
    for (partition_number partition = 0; partition < partitions; ++partition)
      world_.cluster.append(partition, static_cast<std::int64_t>(below(one_in(3) ? 200 : 8)));
  };
  grow();
  world_.pass(std::chrono::milliseconds(below(400)));
  if (world_.has_consumer(id) && !one_in(3)) {
    ++world_.injected["a consumer is killed while logs begin anew"];
    world_.kill(world_.consumer(id));
  }
  if (one_in(2)) grow();
  return std::string(again ? "the topic is made again" : "all logs are cut") + " amid faults of " + last_two(id);
}

std::string supervision_sequence::order_offset() {
  const auto id = some_id();
  const auto wanted = world_.wanted(id);
  if (!wanted || world_.cluster.has_members(wanted->consumer_group)) return "no offset to order";
  const auto partition = some_partition();
  const auto& log = world_.cluster.log(partition);
  const auto to = log.start + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(log.end - log.start) + 1));
  world_.cluster.commit_as_operator(wanted->consumer_group, partition, to);
  for (auto& [key, one] : world_.processors()) {
    if (!key.starts_with(wanted->consumer_group + "/")) continue;
    one.destination->may_repeat(partition, to);
    one.destination->may_miss(partition, to);
  }
  ++world_.injected["an offset is ordered"];
  return "offset " + std::to_string(to) + " is ordered in partition " + std::to_string(partition) + " for " +
         last_two(id);
}

std::string supervision_sequence::rebalance() {
  const auto id = some_id();
  const auto wanted = world_.wanted(id);
  if (!wanted) return "no group to rebalance";
  if (one_in(4)) {
    ++world_.injected["partitions are lost"];
    world_.cluster.lose(wanted->consumer_group);
    return "partitions of " + last_two(id) + " are lost";
  }
  std::set<partition_number> claimed;
  for (std::size_t i = 0; i < world_.cluster.partitions(); ++i)
    if (one_in(2)) claimed.insert(static_cast<partition_number>(i));
  ++world_.injected["partitions are asked back"];
  world_.cluster.claim(wanted->consumer_group, claimed);
  return std::to_string(claimed.size()) + " partitions of " + last_two(id) + " go to another member";
}

std::string supervision_sequence::cluster_fault() {
  auto& faults = world_.cluster.faults;
  const auto with = [&](const char* what) {
    ++world_.injected[what];
    return std::string(what);
  };
  switch (below(12)) {
    case 0:
    case 1:
      faults.unreachable = true;
      for (auto* client : world_.cluster.clients) client->disconnected({ec::broker_unreachable, "connection reset"});
      return with("the broker is away");
    case 2:
      faults.silent = true;
      return with("the broker is silent");
    case 3:
      faults.no_samples = true;
      return with("no statistics");
    case 4:
      faults.refuses = one_in(2) ? kfs::error{ec::authentication_failed, "wrong password"}
                                 : kfs::error{ec::authorization_failed, "the topic is denied"};
      return with("credentials or rights are refused");
    case 5:
      faults.joins_hang = true;
      return with("joins hang");
    case 6:
      faults.locates_fail = true;
      return with("committed offsets cannot be read");
    case 7:
      faults.closes_hang = true;
      return with("clients do not close");
    case 8:
      faults.letters_fail = true;
      return with("dead letters are refused");
    case 9:
      (one_in(2) ? faults.make_error : faults.start_error) = kfs::error{ec::kafka_failure, "out of memory"};
      return with("no client can be made");
    default:
      faults.commits = std::array{commit_fault::refused, commit_fault::slow, commit_fault::lost}[below(3)];
      return with("commits fail, or their answers");
  }
}

std::string supervision_sequence::client_fault() {
  auto& clients = world_.cluster.clients;
  const auto id = some_id();
  const auto found = std::ranges::find_if(clients, [&](const auto* one) { return one->spec().id == id; });
  if (found == clients.end()) return "no client to break";
  ++world_.injected["a client breaks"];
  (*found)->break_with(one_in(2) ? kfs::error{ec::member_fenced, "another member took over"}
                                 : kfs::error{ec::kafka_failure, "a fatal error"});
  return "a client of " + last_two(id) + " breaks";
}

std::string supervision_sequence::sink_fault() {
  const auto id = some_id();
  auto* which = some_processor(id);
  if (which == nullptr) return "no sink to fail";
  auto& sink = *which->sink;
  const auto what = " of a sink of " + last_two(id);
  if (one_in(4)) sink.every_nth = 2 + below(4);
  sink.after_all = one_in(4);
  switch (below(9)) {
    case 0:
      sink.open = some_error();
      return "open" + what + " fails";
    case 1:
    case 2:
      sink.write = some_error();
      return "write" + what + " fails" + (sink.after_all ? " after all" : "");
    case 3:
      sink.positions = some_error();
      return "positions" + what + " fails";
    case 4:
      sink.start_at = some_error();
      return "start_at" + what + " fails";
    case 5:
      sink.close = some_error();
      return "close" + what + " fails";
    case 6:
      sink.throws = true;
      return "everything" + what + " throws";
    case 7: {
      sink.lie = std::array{position_lie::knows_nothing, position_lie::too_low, position_lie::below_log}[below(3)];
      for (partition_number partition = 0; partition < static_cast<partition_number>(world_.cluster.partitions());
           ++partition)
        which->destination->lied(partition);
      return "positions" + what + " are lies";
    }
    default:
      sink.rejects = [](const record& one) { return one.position.value % 17 == 5; };
      return "some records" + what + " are refused";
  }
}

std::string supervision_sequence::processor_fault_on() {
  const auto id = some_id();
  auto* which = some_processor(id);
  if (which == nullptr) return "no processor to fail";
  using enum processor_fault;
  which->actor->now = std::array{swallows, errs, quits, dies, throws, dawdles, dawdles, dawdles}[below(8)];
  return "a processor of " + last_two(id) + " misbehaves: " + std::to_string(static_cast<int>(which->actor->now));
}

std::string supervision_sequence::hang_or_come_back() {
  const auto id = some_id();
  if (one_in(4)) {
    if (world_.hangs_since(id)) {
      world_.come_back(id);
      model_.disturbed(id);
      return "consumer " + last_two(id) + " comes round again";
    }
    world_.hang(id);
    return "consumer " + last_two(id) + " hangs";
  }
  auto* which = some_processor(id);
  if (which == nullptr) return "no processor to hang";
  if (which->hangs_since) {
    world_.come_back(*which);
    return "a processor of " + last_two(id) + " comes back";
  }
  world_.hang(*which);
  return "a processor of " + last_two(id) + " hangs";
}

std::string supervision_sequence::kill() {
  const auto id = some_id();
  auto* which = some_processor(id);
  if (which != nullptr && which->letters && one_in(3)) {
    ++world_.injected["the dead letters' actor is killed"];
    world_.kill(which->letters);
    return "the dead letters of " + last_two(id) + " are killed";
  }
  if (which != nullptr && which->handle && !one_in(3)) {
    ++world_.injected["a processor is killed"];
    world_.kill(which->handle);
    return "a processor of " + last_two(id) + " is killed";
  }
  if (!world_.has_consumer(id)) return "nobody to kill";
  ++world_.injected["a consumer is killed"];
  world_.kill(world_.consumer(id));
  return "consumer " + last_two(id) + " is killed";
}

std::string supervision_sequence::store_fault() {
  ++world_.injected["the store fails"];
  world_.stored->fails = one_in(4) ? kfs::error{ec::standby, "another replica has the store"}
                                   : kfs::error{ec::store_unavailable, "the store is away"};
  world_.stored->after_all = one_in(2);
  model_.store_failed();
  return std::string("the store fails") + (world_.stored->after_all ? " after all" : "");
}

/// One thing that is wrong, or all that is wrong with one part, is mended.
std::string supervision_sequence::mend() {
  switch (below(3)) {
    case 0:
      world_.stored->fails.reset();
      world_.stored->after_all = false;
      model_.store_failed();
      return "the store is well";
    case 1: {
      const bool missing = world_.cluster.faults.topic_missing;
      world_.cluster.faults = {};
      world_.cluster.faults.topic_missing = missing;
      if (missing && one_in(2)) world_.cluster.make_topic();
      return "the cluster is well" + std::string(world_.cluster.faults.topic_missing ? " but for its topic" : "");
    }
    default:
      for (auto& [key, one] : world_.processors()) {
        world_.mend(one);
      }
      return "all processors are well";
  }
}

}  // namespace kfs::test
