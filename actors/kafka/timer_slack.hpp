#pragma once

#include <librdkafka/rdkafka.h>

namespace kfs {

/// Lets the timers of a client's main thread be up to 2 ms late (prctl(2), PR_SET_TIMERSLACK). An idle client then uses
/// less than half the CPU: librdkafka before 2.1 sleeps for whole milliseconds only, and spins for the rest of the time
/// before each timer, three times a second.
void loosen_timers(rd_kafka_conf_t* conf);

}  // namespace kfs
