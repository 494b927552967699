// Cases for the differential tests: exhaustive small shapes and random larger ones with operands
// that include the extremes.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "arrayflex/engine/fast_engine.h"
#include "oracle/cycle_oracle.h"

namespace arrayflex::testing {

struct EngineCase {
  int rows = 1, cols = 1, k = 1;
  int data_width_bits = 32, acc_width_bits = 64;
  GemmShape shape;
  Design design = Design::arrayflex;
  std::uint64_t seed = 0;  ///< of the operands
  Overlap overlap = Overlap::none;

  ArrayConfig config() const;
  DenseOperands operands() const;
};

/// Says everything that is needed to run the case again.
std::ostream& operator<<(std::ostream& out, const EngineCase& c);

/// All rows, cols <= 4, T <= 3, all k, all widths, both designs; N and M below, at and above the
/// array's sides.
std::vector<EngineCase> exhaustive_small_cases();

/// The same with tiles that overlap, N and M of one to three tiles, the last ones whole or of one
/// row or column by turns.
std::vector<EngineCase> exhaustive_overlap_cases(Overlap overlap);

/// Random cases of up to 3 x 3 tiles with T below, at and above R.
std::vector<EngineCase> random_overlap_cases(std::uint64_t seed, Overlap overlap, int count,
                                             int max_side);

/// Random cases with rows, cols <= max_side.
std::vector<EngineCase> random_cases(std::uint64_t seed, int count, int max_side);

/// Makes it a case of that array: its size, widths and design. The k is brought into its bounds.
void move_to_array_of(const EngineCase& array, EngineCase& c);

/// The seed of this run: ARRAYFLEX_TEST_SEED where set, a fixed one otherwise; printed.
std::uint64_t test_seed();

/// The results of any engine, to compare in one go.
struct Outcome {
  std::vector<std::int64_t> x;
  GemmResult gemm;
};

/// Adds a failure for everything in which the outcome differs from what the oracle gave.
void expect_equal(const EngineCase& c, const Outcome& outcome,
                  const oracle::OracleResult& expected);

/// The same with the oracle run here, and the closed form compared, too.
void expect_equals_oracle(const EngineCase& c, const Outcome& outcome);

/// The name of a test that is run for each kernel.
std::string kernel_test_name(const ::testing::TestParamInfo<std::string>& kernel);

/// Runs the fast engine; kernel as in RecordOptions.
Outcome run_fast(const EngineCase& c, const std::string& kernel = {});

}  // namespace arrayflex::testing
