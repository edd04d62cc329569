#include "actors/fault_source.hpp"

namespace kfs {

std::string to_string(const fault_source& source) {
  switch (source.from) {
    case fault_source::part::kafka:
      return "kafka";
    case fault_source::part::supervisor:
      return "supervisor";
    case fault_source::part::processor:
      return "processor:" + source.processor.value;
  }
  return "?";
}

}  // namespace kfs
