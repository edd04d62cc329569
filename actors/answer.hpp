#pragma once

#include <memory>
#include <utility>

#include "actors/messages.hpp"

namespace kfs {

/// The answer that a message handler owes to a request and gives later, once, from within its own actor.
///
/// Copies share the answer. When the last copy is destroyed without an answer, for example because the actor ends, the
/// requester gets sec::request_receiver_down at once, as for requests that wait in the mailbox of such an actor.
///
/// A value that closures may hold and call as const, which CAF's own promise does not allow.
template <class T>
class owed_answer {
 public:
  explicit owed_answer(caf::typed_response_promise<T> promise) : owed_(std::make_shared<owed>(std::move(promise))) {}

  void give(T value) const { owed_->promise.deliver(std::move(value)); }
  void refuse(const error& reason) const { refuse(to_caf(reason)); }
  void refuse(caf::error reason) const { owed_->promise.deliver(std::move(reason)); }

 private:
  struct owed {
    explicit owed(caf::typed_response_promise<T> made) : promise(std::move(made)) {}
    ~owed() {
      if (promise.pending()) promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    }
    owed(const owed&) = delete;
    owed& operator=(const owed&) = delete;

    caf::typed_response_promise<T> promise;  ///< pending until it is answered
  };

  std::shared_ptr<owed> owed_;
};

}  // namespace kfs
