#include "arrayflex/pin/observe/signal_list.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>

#include "arrayflex/core/error.h"

namespace arrayflex::pin {
namespace {

// A trace file that records nothing: it notes what it is asked to trace. The kernel never sees it.
class SignalCollector final : public sc_core::sc_trace_file {
 public:
  std::vector<TracedSignal> signals;

#define ARRAYFLEX_COLLECT(type)                                                     \
  void trace(const type& value, const std::string& name, int width_bits) override { \
    signals.emplace_back(value, name, width_bits);                                  \
  }
  ARRAYFLEX_COLLECT(unsigned char)
  ARRAYFLEX_COLLECT(unsigned short)
  ARRAYFLEX_COLLECT(unsigned int)
  ARRAYFLEX_COLLECT(unsigned long)
  ARRAYFLEX_COLLECT(char)
  ARRAYFLEX_COLLECT(short)
  ARRAYFLEX_COLLECT(int)
  ARRAYFLEX_COLLECT(long)
  ARRAYFLEX_COLLECT(sc_dt::int64)
  ARRAYFLEX_COLLECT(sc_dt::uint64)
#undef ARRAYFLEX_COLLECT
  void trace(const bool& value, const std::string& name) override {
    signals.emplace_back(value, name, 1);
  }

#define ARRAYFLEX_REFUSE(type) \
  void trace(const type&, const std::string& name) override { refuse(name); }
  ARRAYFLEX_REFUSE(sc_core::sc_event)
  ARRAYFLEX_REFUSE(sc_core::sc_time)
  ARRAYFLEX_REFUSE(sc_dt::sc_bit)
  ARRAYFLEX_REFUSE(sc_dt::sc_logic)
  ARRAYFLEX_REFUSE(float)
  ARRAYFLEX_REFUSE(double)
  ARRAYFLEX_REFUSE(sc_dt::sc_int_base)
  ARRAYFLEX_REFUSE(sc_dt::sc_uint_base)
  ARRAYFLEX_REFUSE(sc_dt::sc_signed)
  ARRAYFLEX_REFUSE(sc_dt::sc_unsigned)
  ARRAYFLEX_REFUSE(sc_dt::sc_fxval)
  ARRAYFLEX_REFUSE(sc_dt::sc_fxval_fast)
  ARRAYFLEX_REFUSE(sc_dt::sc_fxnum)
  ARRAYFLEX_REFUSE(sc_dt::sc_fxnum_fast)
  ARRAYFLEX_REFUSE(sc_dt::sc_bv_base)
  ARRAYFLEX_REFUSE(sc_dt::sc_lv_base)
#undef ARRAYFLEX_REFUSE
  void trace(const unsigned int&, const std::string& name, const char**) override { refuse(name); }
  void write_comment(const std::string&) override {}
  void set_time_unit(double, sc_core::sc_time_unit) override {}

 protected:
  void cycle(bool) override {}

 private:
  [[noreturn]] static void refuse(const std::string& name) {
    throw std::logic_error(fmt::format("{} is neither a bit nor an integer", name));
  }
};

// "a.b.c" matches where "a", "a.b" or "a.b.c" does.
bool is_within(const std::string& module, const std::string& pattern) {
  std::size_t end = 0;
  do {
    end = module.find('.', end + 1);
    if (fnmatch(pattern.c_str(), module.substr(0, end).c_str(), 0) == 0) return true;
  } while (end != std::string::npos);
  return false;
}

}  // namespace

std::vector<TracedSignal> traced_signals(const sc_core::sc_object& object) {
  SignalCollector collector;
  object.trace(&collector);
  return std::move(collector.signals);
}

std::vector<TracedSignal> select_signals(const std::vector<TracedSignal>& signals,
                                         const std::vector<std::string>& patterns,
                                         const std::string& item) {
  if (patterns.empty()) return signals;
  std::vector<bool> wanted(signals.size(), false);
  for (const std::string& pattern : patterns) {
    bool matches_any = false;
    bool matches = false;
    const std::string* module = nullptr;  // of the signal before; signals come module by module
    for (std::size_t i = 0; i < signals.size(); ++i) {
      if (module == nullptr || *module != signals[i].module()) {
        module = &signals[i].module();
        matches = is_within(*module, pattern);
      }
      if (!matches) continue;
      wanted[i] = true;
      matches_any = true;
    }
    if (!matches_any) {
      throw InputError(item, pattern.empty() ? "''" : pattern,
                       fmt::format("must match the name of a module, such as '{}' or '{}'",
                                   signals.front().module(), signals.back().module()));
    }
  }
  std::vector<TracedSignal> selected;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (wanted[i]) selected.push_back(signals[i]);
  }
  return selected;
}

}  // namespace arrayflex::pin
