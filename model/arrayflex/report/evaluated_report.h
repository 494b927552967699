// A report with all that follows from it: totals, energies and areas, each computed once, whoever
// writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arrayflex/energy/energy.h"
#include "arrayflex/report/report.h"
#include "arrayflex/report/report_energy.h"

namespace arrayflex {

/// A layer or the total: both designs and their energies.
struct EvaluatedEntry {
  const LayerReport* layer = nullptr;  ///< null: the total
  std::int64_t tiles = 0;
  std::int64_t macs = 0;
  const DesignFigures* arrayflex = nullptr;     ///< never null
  const DesignFigures* conventional = nullptr;  ///< never null
  EnergyFigures energy;
  std::optional<AllBufferAccesses> buffers;  ///< empty with unlimited ones

  const DesignFigures& figures(Design design) const {
    return design == Design::arrayflex ? *arrayflex : *conventional;
  }
  const std::optional<DesignEnergy>& energy_of(Design design) const {
    return design == Design::arrayflex ? energy.arrayflex : energy.conventional;
  }
};

/// Areas of both designs.
struct EvaluatedArea {
  AreaBreakdown arrayflex, conventional;
  std::optional<double> pe_overhead;  ///< as pe_area_overhead()

  const AreaBreakdown& of(Design design) const {
    return design == Design::arrayflex ? arrayflex : conventional;
  }
};

/// Computes a part when it is asked for the first time, so a fault of a part that nobody writes
/// stops nobody. Not for several threads at once.
class EvaluatedReport {
 public:
  /// Keeps a reference: the report must outlive this object and stay as it is.
  explicit EvaluatedReport(const RunReport& report) : run_(report) {}
  explicit EvaluatedReport(RunReport&& report) = delete;
  EvaluatedReport(const EvaluatedReport&) = delete;
  EvaluatedReport& operator=(const EvaluatedReport&) = delete;

  const RunReport& run() const { return run_; }

  /// Throws OverflowError as totals().
  const ReportTotals& totals() const;

  /// Throws OverflowError as layer_energy().
  const std::vector<EvaluatedEntry>& layers() const;

  /// Throws OverflowError as totals(), layer_energy() and total_energy().
  const EvaluatedEntry& total() const;

  /// Empty where the technology has no numbers for the operand width.
  const std::optional<EvaluatedArea>& area() const;

 private:
  const RunReport& run_;
  mutable std::optional<ReportTotals> totals_;
  mutable std::optional<std::vector<EvaluatedEntry>> layers_;
  mutable std::optional<EvaluatedEntry> total_;
  mutable std::optional<std::optional<EvaluatedArea>> area_;
};

/// As to_json() and to_csv() of its report.
std::string to_json(const EvaluatedReport& report);
std::string to_csv(const EvaluatedReport& report);

}  // namespace arrayflex
