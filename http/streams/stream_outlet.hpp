#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "http/message/response_stream.hpp"

namespace kfs {

/// Sends bytes to the client of one stream and buffers them until its connection is known. When more than a bound
/// waits, because the client does not read, it cuts the connection.
///
/// Ownership: shared by a stream and by everything that writes to it.
/// Threading: safe from any thread; does not block.
class stream_outlet {
 public:
  /// At most `max_waiting_bytes` may wait, besides the first bytes that start() sends.
  explicit stream_outlet(std::size_t max_waiting_bytes) : max_waiting_bytes_(max_waiting_bytes) {}

  /// Sends `first`, then the bytes that were written before.
  void start(std::shared_ptr<stream_writer> writer, std::string first);

  void write(std::string bytes);

  /// Sends `heartbeat`. Before start() it is dropped.
  void beat(std::string heartbeat);

  /// Cuts the connection when the client has left.
  void check_client();

  /// Ends the stream after the bytes written so far.
  void finish();

 private:
  enum class stage : std::uint8_t {
    buffering,   ///< before start(): bytes are buffered
    open,        ///< bytes are sent
    overflowed,  ///< too many bytes before start(), which will cut the connection
    finished,    ///< finish() before start(), which will send the buffered bytes and finish
    closed,      ///< bytes are dropped
  };

  void append(std::string bytes);
  [[nodiscard]] std::shared_ptr<stream_writer> close();

  std::mutex mutex_;
  std::size_t max_waiting_bytes_;
  stage stage_ = stage::buffering;
  std::string buffered_;
  std::shared_ptr<stream_writer> writer_;
};

}  // namespace kfs
