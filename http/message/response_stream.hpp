#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace kfs {

/// Sends one stream to its client.
///
/// Threading: safe from any thread. No call blocks, and no call calls the stream back.
class stream_writer {
 public:
  stream_writer() = default;
  virtual ~stream_writer() = default;
  stream_writer(const stream_writer&) = delete;
  stream_writer& operator=(const stream_writer&) = delete;

  /// Sends bytes after the earlier ones. Drops them after finish() or cut().
  virtual void write(std::string bytes) = 0;

  /// How many bytes the operating system has not accepted yet. Grows when the client does not read.
  [[nodiscard]] virtual std::size_t waiting() const = 0;

  /// Ends the answer after the bytes written so far. Idempotent.
  virtual void finish() = 0;

  /// Closes the connection and drops the bytes that wait.
  virtual void cut() = 0;

  /// True when the client has closed the connection or its own side of it.
  [[nodiscard]] virtual bool is_abandoned() const = 0;
};

/// The body of an answer that is sent piece by piece for as long as its client listens.
///
/// Ownership: the answer's, then open_streams', which drops it when it has ended for any reason.
/// Threading: safe from any thread.
class response_stream {
 public:
  response_stream() = default;
  virtual ~response_stream() {
    if (on_end_) on_end_();
  }
  response_stream(const response_stream&) = delete;
  response_stream& operator=(const response_stream&) = delete;

  /// Begins to send through `writer`. Called once, after the headers were sent.
  virtual void start(std::shared_ptr<stream_writer> writer) = 0;

  /// Sends a heartbeat. Called every few seconds after start().
  virtual void beat() = 0;

  /// Ends the stream when its client has left, or may not have it any more. Called several times a second after
  /// start().
  virtual void check_client() = 0;

  /// Ends the stream. May be called before start().
  virtual void end() = 0;

  /// Sets what the destructor calls. Set before start().
  void when_over(std::function<void()> on_end) { on_end_ = std::move(on_end); }

 private:
  std::function<void()> on_end_;
};

}  // namespace kfs
