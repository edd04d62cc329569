#include "actors/kafka/timer_slack.hpp"

#include <sys/prctl.h>

#include <chrono>

namespace kfs {
namespace {

constexpr std::chrono::nanoseconds slack = std::chrono::milliseconds(2);

rd_kafka_resp_err_t on_thread_start(rd_kafka_t*, rd_kafka_thread_type_t type, const char*, void*) {
  if (type == RD_KAFKA_THREAD_MAIN) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack.count()), 0, 0, 0);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void*, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_thread_start(client, "timer_slack", on_thread_start, nullptr);
}

}  // namespace

void loosen_timers(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, "timer_slack", on_new, nullptr);
}

}  // namespace kfs
