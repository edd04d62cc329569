#include "http/message/http_message.hpp"

#include "http/message/error_mapping.hpp"

namespace kfs {

responder::~responder() {
  if (send_) answer(internal_server_error());
}

void responder::answer(http_response response) {
  if (auto send = std::exchange(send_, nullptr)) send(std::move(response));
}

}  // namespace kfs
