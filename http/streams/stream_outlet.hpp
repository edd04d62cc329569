#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "http/message/response_stream.hpp"

namespace kfs {

/// What is written to the client of one stream, from before its connection is handed over; within a bound, so that a
/// client that does not read takes no memory. Beyond the bound its connection is cut.
///
/// Ownership: shared by a stream and by whoever writes to it.
/// Threading: safe from any thread; does not block.
class stream_outlet {
 public:
  /// So many bytes may wait, besides what start() begins with.
  explicit stream_outlet(std::size_t most_waiting) : most_waiting_(most_waiting) {}

  /// Sends `first`, then what was written before.
  void start(std::shared_ptr<stream_writer> to, std::string first);

  void write(std::string bytes);

  /// Sends `sign`; cuts the connection where the client is gone.
  void beat(std::string sign);

  /// Ends the stream behind what was written.
  void finish();

 private:
  enum class stage : std::uint8_t {
    early,     ///< there is no connection yet
    open,      ///< what is written is sent
    overfull,  ///< more than the bound was written before there was a connection: it is cut when it is there
    finished,  ///< the same, with an orderly end
    over,      ///< what is written is dropped
  };

  void put(std::string bytes);
  [[nodiscard]] std::shared_ptr<stream_writer> leave();

  std::mutex mutex_;
  std::size_t most_waiting_;
  stage stage_ = stage::early;
  std::string early_;
  std::shared_ptr<stream_writer> to_;
};

}  // namespace kfs
