// The library's log: the spdlog logger named "arrayflex", silent unless the host registers one.
#pragma once

#include <string>

namespace arrayflex::platform {

/// Name under which a host registers its logger (spdlog::register_logger).
inline constexpr const char* kLoggerName = "arrayflex";

void log_error(const std::string& message);
void log_warning(const std::string& message);
void log_debug(const std::string& message);

}  // namespace arrayflex::platform
