#include "actors/exceptions.hpp"

#include <stdexcept>

namespace kfs {

caf::error died_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return to_caf({ec::actor_died, std::string("an unexpected exception ended it: ") + exception.what()});
  } catch (...) {
    return to_caf({ec::actor_died, "an exception of unknown type ended it"});
  }
}

}  // namespace kfs
