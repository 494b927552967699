#include "arrayflex/platform/log.h"

#include <spdlog/spdlog.h>

namespace arrayflex::platform {

namespace {

void log(spdlog::level::level_enum level, const std::string& message) {
  // Looked up each time: the host may register its logger at any moment, and messages are rare.
  if (const auto logger = spdlog::get(kLoggerName)) logger->log(level, message);
}

}  // namespace

void log_error(const std::string& message) { log(spdlog::level::err, message); }
void log_warning(const std::string& message) { log(spdlog::level::warn, message); }
void log_debug(const std::string& message) { log(spdlog::level::debug, message); }

}  // namespace arrayflex::platform
