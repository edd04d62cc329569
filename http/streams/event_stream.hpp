#pragma once

#include <memory>

#include "actors/event_log.hpp"
#include "http/dto/event_dto.hpp"
#include "http/message/response_stream.hpp"
#include "http/streams/stream_outlet.hpp"

namespace kfs {

/// The events of one consumer as server-sent events: those so far that were asked for, then each that happens, until
/// the log is closed.
///
/// Ownership, threading: as response_stream. What the log calls owns no subscription, as it must not end one.
class event_stream final : public response_stream {
 public:
  /// What may wait for its client, besides the events so far.
  static constexpr std::size_t most_waiting = 256 * 1024;

  /// Follows a log from now on, holding a place of open_streams. Null: so many follow it that no more are taken.
  static std::shared_ptr<event_stream> follow(event_log& log, const event_selection& wanted,
                                              std::shared_ptr<void> place);

  void start(std::shared_ptr<stream_writer> to) override;
  void beat() override;
  void end() override;

 private:
  event_stream(std::shared_ptr<stream_outlet> outlet, std::string so_far, std::shared_ptr<void> place,
               event_log::subscription listening);

  std::shared_ptr<stream_outlet> outlet_;
  std::string so_far_;
  std::shared_ptr<void> place_;
  event_log::subscription listening_;
};

}  // namespace kfs
