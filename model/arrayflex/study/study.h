// A network or one product on both designs: a request in, a report out.
#pragma once

#include <memory>

#include "arrayflex/core/config.h"
#include "arrayflex/core/operands.h"
#include "arrayflex/report/report.h"
#include "arrayflex/study/hooks.h"
#include "arrayflex/study/request.h"

namespace arrayflex::study {

/// One product on given operands.
struct Product {
  GemmShape shape;
  std::shared_ptr<const OperandSource> operands;
  ResultSink* result = nullptr;  ///< takes ArrayFlex's X; called concurrently
};

/// The array of a request, with all defaults filled in. Throws InputError.
ArrayConfig array_of(const StudyRequest& request);

/// Checks a request, then runs it: for callers that need the array in between. run_network() and
/// run_product() do all of it at once.
class Study {
 public:
  /// Everything but the network is checked here. `wants_result`: run_product() is to deliver X.
  /// Throws InputError.
  explicit Study(StudyRequest request, StudyHooks hooks = {}, bool wants_result = false);
  ~Study();
  Study(const Study&) = delete;
  Study& operator=(const Study&) = delete;

  const ArrayConfig& config() const;

  /// The network on synthetic operands. Call one of the two, once.
  RunReport run_network();
  /// The product; workload and layers of the request are ignored.
  RunReport run_product(const Product& product);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads, checks, selects and runs the layers. The engines pin and cycle, and every engine with a
/// memory, simulate in SystemC, which a process does once; they need a build with SystemC. Throws
/// InputError for what cannot be used or served, OverflowError where an exact count leaves
/// 0..2^63-1 and JobFailed where the accelerator stops, both naming the layer, OutputError where a
/// trace cannot be written, and Cancelled.
RunReport run_network(const StudyRequest& request, const StudyHooks& hooks = {});

/// The same for one product; its layer is called "gemm".
RunReport run_product(const StudyRequest& request, const Product& product,
                      const StudyHooks& hooks = {});

}  // namespace arrayflex::study
