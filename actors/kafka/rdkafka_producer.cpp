#include "actors/kafka/rdkafka_producer.hpp"

#include <array>
#include <utility>

#include "actors/kafka/rdkafka_conf.hpp"

namespace kfs {
namespace {

rdkafka_producer& producer_of(void* opaque) {
  return *static_cast<rdkafka_producer*>(static_cast<client_opaque*>(opaque)->owner);
}

/// librdkafka keeps one pointer with each message. This producer stores the record's number in it.
void* tag_of(std::uint64_t number) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

std::uint64_t number_of(const void* tag) {
  return reinterpret_cast<std::uintptr_t>(tag);
}

const char* data_of(const std::optional<std::string_view>& text) {
  if (!text) return nullptr;
  return text->data() != nullptr ? text->data() : "";  // an empty text must not become a null
}

std::size_t size_of(const std::optional<std::string_view>& text) {
  return text ? text->size() : 0;
}

headers_ptr headers_of(const std::vector<outgoing_header>& headers) {
  headers_ptr list(rd_kafka_headers_new(headers.size()));
  for (const auto& [key, value] : headers) {
    rd_kafka_header_add(list.get(), key.data(), static_cast<ssize_t>(key.size()), value ? value->data() : nullptr,
                        value ? static_cast<ssize_t>(value->size()) : 0);
  }
  return list;
}

}  // namespace

result<std::unique_ptr<rdkafka_producer>> rdkafka_producer::make(const address_policy& policy, const logger& log,
                                                                 const consumer_spec& spec,
                                                                 const consumer_options& options) {
  auto conf = make_producer_conf(spec, options, delivery_bound);
  if (!conf) return tl::make_unexpected(conf.error());
  std::unique_ptr<rdkafka_producer> producer(new rdkafka_producer(policy, log, spec.bootstrap_servers()));
  producer->opaque_ = {.guard = &producer->guard_, .owner = producer.get()};
  guard_connections(conf->get(), producer->opaque_);
  rd_kafka_conf_set_dr_msg_cb(conf->get(), delivered);
  rd_kafka_conf_set_error_cb(conf->get(), failed);
  rd_kafka_conf_set_log_cb(conf->get(), logged);
  std::array<char, 512> reason{};
  producer->client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf->get(), reason.data(), reason.size());
  if (producer->client_ == nullptr)
    return failure(ec::invalid_request, "cannot create a Kafka producer for dead letters for " +
                                            spec.bootstrap_servers() + ": " + std::string(reason.data()));
  conf->release();  // the client owns it now
  producer->queue_.reset(rd_kafka_queue_get_main(producer->client_));
  return producer;
}

rdkafka_producer::~rdkafka_producer() {
  if (client_ == nullptr) return;
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  queue_.reset();
  // Drops the records that were not acknowledged. Nobody waits for their result, and they will be produced again, so
  // delivering them now would only make duplicates.
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_destroy(client_);
}

void rdkafka_producer::start(std::function<void()> waker) {
  wake_ = std::move(waker);
  rd_kafka_queue_cb_event_enable(queue_.get(), ring, this);
  // librdkafka signals only when an empty queue receives something, and this queue may already hold something.
  ring(client_, this);
}

void rdkafka_producer::ring(rd_kafka_t*, void* opaque) {
  auto& own = *static_cast<rdkafka_producer*>(opaque);
  if (!own.rung_.exchange(true)) own.wake_();
}

result<void> rdkafka_producer::produce(std::uint64_t number, const outgoing_record& record) {
  auto headers = headers_of(record.headers);
  // The const_cast is safe: with RD_KAFKA_MSG_F_COPY librdkafka only reads the value.
  const auto code =
      rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(record.topic.c_str()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(data_of(record.value)), size_of(record.value)),
                        RD_KAFKA_V_KEY(data_of(record.key), size_of(record.key)), RD_KAFKA_V_HEADERS(headers.get()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(tag_of(number)), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::make_unexpected(explain(code, record.topic));
  headers.release();  // the client owns them now
  return {};
}

std::vector<produced_record> rdkafka_producer::poll() {
  rung_.store(false);
  rd_kafka_poll(client_, 0);
  return std::exchange(produced_, {});
}

void rdkafka_producer::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& own = producer_of(opaque);
  produced_record outcome{.number = number_of(message->_private), .failed = {}};
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    own.last_fault_.reset();
  } else {
    outcome.failed = own.explain(message->err, rd_kafka_topic_name(message->rkt));
  }
  own.produced_.push_back(std::move(outcome));
}

void rdkafka_producer::failed(rd_kafka_t*, int code, const char* reason, void* opaque) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // only repeats the errors of the single connections
  producer_of(opaque).last_fault_ = {static_cast<rd_kafka_resp_err_t>(code), reason == nullptr ? "" : reason};
}

void rdkafka_producer::logged(const rd_kafka_t* client, int, const char* facility, const char* message) {
  producer_of(rd_kafka_opaque(client)).log_.debug(message, {{"librdkafka", facility}});
}

/// A record that was not acknowledged in time is explained by the latest fault of the connections, if there is one.
error rdkafka_producer::explain(rd_kafka_resp_err_t code, const std::string& topic) const {
  const auto action = "produce to the dead-letter topic \"" + topic + "\"";
  const kafka_attempt tried{.action = action, .brokers = bootstrap_servers_};
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> reason{};
    const auto fatal = rd_kafka_fatal_error(client_, reason.data(), reason.size());
    return to_error(fatal, reason.data(), tried);
  }
  if (code != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || !last_fault_) return to_error(code, {}, tried);
  const auto refusal = guard_.last_refusal();
  const bool connecting = code_of(last_fault_->code) == ec::broker_unreachable;
  return to_error(last_fault_->code, refusal && connecting ? *refusal : last_fault_->reason, tried);
}

}  // namespace kfs
