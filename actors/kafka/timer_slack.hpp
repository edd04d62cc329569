#pragma once

#include <librdkafka/rdkafka.h>

namespace kfs {

/// Lets the timers of a client's main thread be up to 2 ms late (prctl(2), PR_SET_TIMERSLACK), so that it costs less
/// than half at rest. Before 2.1 librdkafka sleeps whole milliseconds only and spins for the rest before each of its
/// timers, three times a second.
void loosen_timers(rd_kafka_conf_t* conf);

}  // namespace kfs
