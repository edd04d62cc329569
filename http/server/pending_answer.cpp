#include "http/server/pending_answer.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "http/message/error_mapping.hpp"

namespace kfs {
namespace {

using chunked_builder = restinio::response_builder_t<restinio::chunked_output_t>;

/// The part of a stream's writer that RESTinio's connection refers to. The writer itself refers to the connection, so a
/// reference back would be a cycle.
struct stream_progress {
  answer_context context;
  std::weak_ptr<response_stream> stream;
  std::shared_ptr<void> in_flight;
  std::atomic<std::size_t> waiting{0};

  /// Removes the stream. Posted to the loop, because it may be called from within a call of the stream.
  void end() {
    in_flight.reset();
    restinio::asio_ns::post(*context.loop, [streams = context.streams, ended = stream] {
      if (const auto alive = ended.lock()) streams->remove(alive.get());
    });
  }
};

/// Sends a stream as the chunks of one answer.
class chunk_writer final : public stream_writer {
 public:
  chunk_writer(chunked_builder answer, std::string client, std::shared_ptr<stream_progress> progress)
      : answer_(std::move(answer)), client_(std::move(client)), progress_(std::move(progress)) {
    connections().prepare_stream(client_);
    answer_.flush();
  }

  void write(std::string bytes) override {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    const auto size = bytes.size();
    progress_->waiting += size;
    answer_.append_chunk(std::move(bytes));
    answer_.flush([progress = progress_, size](const auto& problem) {
      progress->waiting -= size;
      if (problem) progress->end();
    });
  }

  [[nodiscard]] std::size_t waiting() const override { return progress_->waiting; }

  void finish() override {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    answer_.done([progress = progress_](const auto&) { progress->end(); });
  }

  /// The next write to the connection fails, and RESTinio closes it.
  void cut() override {
    connections().cut(client_);
    finish();
  }

  [[nodiscard]] bool is_abandoned() const override { return connections().has_left(client_); }

 private:
  [[nodiscard]] open_connections& connections() const {
    return connection_service_of(*progress_->context.loop).connections();
  }

  std::mutex mutex_;
  chunked_builder answer_;
  bool finished_ = false;
  const std::string client_;
  const std::shared_ptr<stream_progress> progress_;
};

template <class Output>
restinio::response_builder_t<Output> begin(restinio::request_handle_t request, http_response& answer) {
  auto builder = request->create_response<Output>(
      restinio::http_status_line_t{restinio::http_status_code_t{static_cast<std::uint16_t>(answer.status)},
                                   std::string(reason_phrase(answer.status))});
  for (auto& [name, value] : answer.headers) builder.append_header(std::move(name), std::move(value));
  builder.append_header_date_field();
  builder.append_header(restinio::http_field::server, "kafka-fetcher-server");
  return builder;
}

void send_stream(const pending_answer& pending, http_response answer) {
  auto progress = std::make_shared<stream_progress>();
  progress->context = pending.context;
  progress->stream = answer.stream;
  progress->in_flight = in_flight_counter::enter(pending.context.ending_streams);
  auto builder = begin<restinio::chunked_output_t>(pending.request, answer);
  builder.connection_close();
  auto writer = std::make_shared<chunk_writer>(std::move(builder), to_text(pending.request->remote_endpoint()),
                                               std::move(progress));
  pending.context.streams->begin(answer.stream, std::move(writer));
}

}  // namespace

void pending_answer::send(http_response answer) const {
  if (answer.stream) return send_stream(*this, std::move(answer));
  auto builder = begin<restinio::user_controlled_output_t>(request, answer);
  if (answer.close) builder.connection_close();
  builder.set_content_length(answer.body.size());
  if (!answer.omit_body) builder.set_body(std::move(answer.body));
  builder.done([counted = in_flight](const auto&) {});
}

}  // namespace kfs
