#include "http/streams/event_stream.hpp"

#include <utility>

#include "http/message/answers.hpp"
#include "http/streams/server_sent_events.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds reconnect_delay{2};

std::string frame_of(const consumer_event& event) {
  return sse_event(std::to_string(event.number), to_string(event.kind), to_body(to_dto(event)));
}

}  // namespace

std::shared_ptr<event_stream> event_stream::follow(event_log& log, const event_selection& selection,
                                                   std::shared_ptr<void> place, std::function<bool()> is_permitted) {
  auto outlet = std::make_shared<stream_outlet>(max_waiting_bytes);
  auto followed = log.follow(
      selection.after, [outlet](const consumer_event& event) { outlet->write(frame_of(event)); },
      [outlet] { outlet->finish(); });
  if (!followed) return nullptr;
  auto past_events = sse_retry(reconnect_delay);
  for (const auto& event : newest(std::move(followed->so_far), selection.limit)) past_events += frame_of(event);
  return std::shared_ptr<event_stream>(new event_stream(std::move(outlet), std::move(past_events), std::move(place),
                                                        std::move(followed->listening), std::move(is_permitted)));
}

event_stream::event_stream(std::shared_ptr<stream_outlet> outlet, std::string past_events, std::shared_ptr<void> place,
                           event_log::subscription subscription, std::function<bool()> is_permitted)
    : outlet_(std::move(outlet)),
      past_events_(std::move(past_events)),
      place_(std::move(place)),
      subscription_(std::move(subscription)),
      is_permitted_(std::move(is_permitted)) {}

void event_stream::start(std::shared_ptr<stream_writer> writer) {
  outlet_->start(std::move(writer), std::exchange(past_events_, {}));
}

void event_stream::beat() {
  outlet_->beat(sse_heart_beat());
}

void event_stream::check_client() {
  if (!is_permitted_()) return outlet_->finish();
  outlet_->check_client();
}

void event_stream::end() {
  outlet_->finish();
}

}  // namespace kfs
