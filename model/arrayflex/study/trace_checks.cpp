// Whether the engine can write the traces that are asked for.
#include <fmt/format.h>

#include "arrayflex/core/error.h"
#include "arrayflex/study/checks.h"

namespace arrayflex::study {
namespace {

class TraceChecker {
 public:
  explicit TraceChecker(const StudyRequest& request)
      : request_(request), engine_(capabilities_of(request.engine)), s_(request.traces) {
    s_.wording = request.wording;
  }

  TraceSettings resolve() {
    check_waveform();
    resolve_saif();
    check_memory_trace();
    return s_;
  }

 private:
  std::string item(std::string_view key) const { return item_name(request_.wording, key); }
  std::string engines_with_nets() const {
    return setting(request_.wording, "engine", names_of_engines_with(&EngineCapabilities::nets));
  }

  // Settings that mean nothing without the one they belong to.
  void require_owner(bool given, std::string_view key, const std::string& owner_value,
                     std::string_view owner) const {
    if (given && owner_value.empty()) {
      throw InputError(
          fmt::format("{} was given without {}, which it belongs to", item(key), item(owner)));
    }
  }

  void check_waveform() const {
    require_owner(!s_.vcd_scopes.empty(), "trace_scope", s_.vcd_path, "trace");
    require_owner(s_.vcd_window.has_value(), "trace_window", s_.vcd_path, "trace");
    if (s_.vcd_path.empty() || engine_.nets) return;
    throw InputError(
        item("trace"), s_.vcd_path,
        fmt::format("the {} engine has no waveforms; use {}", engine_.name, engines_with_nets()));
  }

  void resolve_saif() {
    require_owner(s_.saif_detail.has_value(), "saif_detail", s_.saif_path, "saif");
    require_owner(s_.saif_design.has_value(), "saif_design", s_.saif_path, "saif");
    if (s_.saif_path.empty()) return;
    refuse_saif_without_counts();
    s_.saif_has_pes = !request_.memory.has_value();
    const bool has_nets = engine_.nets && !request_.memory;
    if (!s_.saif_detail) s_.saif_detail = has_nets ? SaifDetail::nets : SaifDetail::totals;
    if (!s_.saif_design) s_.saif_design = Design::arrayflex;
    if (*s_.saif_detail == SaifDetail::nets && !has_nets) refuse_nets();
  }

  void refuse_saif_without_counts() const {
    const auto refuse = [&](const std::string& reason) {
      throw InputError(item("saif"), s_.saif_path, reason);
    };
    if (!engine_.activity) {
      refuse(fmt::format("the {} engine counts no activity; use another engine", engine_.name));
    }
    if (!request_.activity.value_or(true)) {
      refuse(fmt::format("there is nothing to write with {}",
                         setting(request_.wording, "activity", "off")));
    }
    if (request_.sample_tiles) {
      refuse(fmt::format("it holds exact counts, {} estimates; leave out one of the two",
                         item("sample_tiles")));
    }
  }

  void refuse_nets() const {
    const std::string memory = item("memory");
    const std::string who = request_.memory ? fmt::format("accelerator ({})", memory)
                                            : fmt::format("{} engine", engine_.name);
    throw InputError(
        item("saif_detail"), "nets",
        fmt::format("the {} counts no single nets; use {}{} or {}", who, engines_with_nets(),
                    request_.memory ? fmt::format(" without {}", memory) : "",
                    setting(request_.wording, "saif_detail", "totals")));
  }

  void check_memory_trace() const {
    require_owner(s_.memory_format.has_value(), "memory_trace_format", s_.memory_directory,
                  "memory_trace");
    require_owner(s_.memory_access_bytes.has_value(), "memory_trace_bytes", s_.memory_directory,
                  "memory_trace");
    if (s_.memory_directory.empty()) return;
    if (request_.memory && !engine_.accelerator) {
      throw InputError(item("memory_trace"), s_.memory_directory,
                       fmt::format("the {} engine simulates no transactions; use {}", engine_.name,
                                   names_of_engines_with(&EngineCapabilities::accelerator)));
    }
    if (request_.memory) return;
    throw InputError(item("memory_trace"), s_.memory_directory,
                     fmt::format("without {} nothing accesses a memory; add for example {}",
                                 item("memory"), setting(request_.wording, "memory", "64:100")));
  }

  const StudyRequest& request_;
  const EngineCapabilities& engine_;
  TraceSettings s_;
};

}  // namespace

TraceSettings resolve_traces(const StudyRequest& request) {
  return TraceChecker(request).resolve();
}

}  // namespace arrayflex::study
