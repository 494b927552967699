#include "arrayflex/core/error.h"

namespace arrayflex {

InputError::InputError(const std::string& item, const std::string& value,
                       const std::string& allowed)
    : std::runtime_error(item + " = " + value + ": " + allowed) {}

InputError::InputError(const std::string& item, std::int64_t value, const std::string& allowed)
    : InputError(item, std::to_string(value), allowed) {}

}  // namespace arrayflex
