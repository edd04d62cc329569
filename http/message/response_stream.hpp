#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace kfs {

/// The way to the client of one stream.
///
/// Threading: safe from any thread. No call blocks, and none calls the stream before it returns.
class stream_writer {
 public:
  stream_writer() = default;
  virtual ~stream_writer() = default;
  stream_writer(const stream_writer&) = delete;
  stream_writer& operator=(const stream_writer&) = delete;

  /// Sends bytes behind those before; drops them once the stream was ended.
  virtual void write(std::string bytes) = 0;

  /// How many of the bytes the system has not taken yet, because the client does not read.
  [[nodiscard]] virtual std::size_t waiting() const = 0;

  /// Ends the answer behind what was written. Idempotent.
  virtual void finish() = 0;

  /// Ends the connection; what waits is dropped.
  virtual void cut() = 0;

  /// Whether the client has closed the connection, or its own side of it.
  [[nodiscard]] virtual bool is_abandoned() const = 0;
};

/// The body of an answer that is sent bit by bit, for as long as its client listens.
///
/// Ownership: of the answer, then of open_streams, which lets it go when it has ended, in whatever way.
/// Threading: safe from any thread.
class response_stream {
 public:
  response_stream() = default;
  virtual ~response_stream() {
    if (over_) over_();
  }
  response_stream(const response_stream&) = delete;
  response_stream& operator=(const response_stream&) = delete;

  /// The headers are sent. Called once.
  virtual void start(std::shared_ptr<stream_writer> to) = 0;

  /// Some seconds are over: looks whether its client is there, and shows it that the server is. Not before start().
  virtual void beat() = 0;

  /// Nothing more shall come; also before start().
  virtual void end() = 0;

  /// `over` is called with the destructor. Set before start().
  void when_over(std::function<void()> over) { over_ = std::move(over); }

 private:
  std::function<void()> over_;
};

}  // namespace kfs
