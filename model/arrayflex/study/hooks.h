// News of a study for its caller while it runs.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "arrayflex/core/activity.h"
#include "arrayflex/core/gemm.h"

namespace arrayflex::study {

enum class LogLevel { debug, info, warning };

/// Takes one line of text. The library prints nothing itself.
using Log = std::function<void(LogLevel level, const std::string& text)>;

/// A file is complete.
inline void log_wrote(const Log& log, const std::string& path) {
  if (log) log(LogLevel::info, "wrote " + path);
}

/// Work done and still to do, in one unit of its own.
class ProgressListener {
 public:
  virtual ~ProgressListener() = default;
  virtual void begin(double total_work) = 0;
  virtual void begin_layer(const std::string& name) = 0;
  virtual void add(double work) = 0;  ///< called concurrently
};

/// Everything may be left empty. An exception of a function ends the study and reaches its caller.
struct StudyHooks {
  Log log;
  /// Everything that is asked for can be served, these layers are about to run.
  std::function<void(const std::vector<Layer>& layers)> ready;
  ProgressListener* progress = nullptr;
  /// Asked before each layer; true ends the study with Cancelled.
  std::function<bool()> cancelled;
  /// ArrayFlex's toggles per PE of a layer, as it is done, and of all of them at the end. Called
  /// where StudyRequest::pe_map asks for them.
  std::function<void(std::size_t layer, const PeToggleMap& map)> layer_map;
  std::function<void(const PeToggleMap& map)> total_map;
};

}  // namespace arrayflex::study
