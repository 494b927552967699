// Waveforms with scopes and windows, against the SystemC library's own VCD file; activity of single
// nets against the array's counters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "arrayflex/core/error.h"
#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/observe/net_activity.h"
#include "arrayflex/pin/waveform_recorder.h"
#include "harness/simulation.h"

namespace arrayflex::pin {
namespace {

using testing::HasSubstr;

// Value changes by full name: time -> value without leading zeros.
using Changes = std::map<std::string, std::map<std::uint64_t, std::string>>;

std::string without_leading_zeros(const std::string& bits) {
  return bits.substr(std::min(bits.find('1'), bits.size() - 1));
}

Changes read_vcd(std::istream& file) {
  Changes changes;
  std::vector<std::string> scopes;
  std::multimap<std::string, std::string> names;  // id -> names
  std::uint64_t time = 0;
  std::string word;
  while (file >> word) {
    if (word == "$scope") {
      std::string kind, name;
      file >> kind >> name;
      scopes.push_back(name == "SystemC" ? "" : name + '.');
    } else if (word == "$upscope") {
      scopes.pop_back();
    } else if (word == "$var") {
      std::string kind, width, id, name, path;
      file >> kind >> width >> id >> name;
      for (const std::string& scope : scopes) path += scope;
      names.emplace(id, path + name);
      changes[path + name];
    } else if (word[0] == '#') {
      time = std::stoull(word.substr(1));
    } else if (word[0] == '0' || word[0] == '1' || word[0] == 'b') {
      const bool is_vector = word[0] == 'b';
      std::string id = word.substr(1);
      const std::string value = is_vector ? without_leading_zeros(id) : word.substr(0, 1);
      if (is_vector) file >> id;
      const auto [begin, end] = names.equal_range(id);
      for (auto name = begin; name != end; ++name) changes[name->second][time] = value;
    }
  }
  return changes;
}

// Values that are no change are dropped: writers differ in them.
void keep_changes(std::map<std::uint64_t, std::string>& changes) {
  std::string last;
  for (auto at = changes.begin(); at != changes.end();) {
    if (at->second == last) {
      at = changes.erase(at);
    } else {
      last = at++->second;
    }
  }
}

std::string value_at(const std::map<std::uint64_t, std::string>& changes, std::uint64_t time) {
  const auto behind = changes.upper_bound(time);
  return behind == changes.begin() ? std::string() : std::prev(behind)->second;
}

ArrayConfig small_config(Overlap overlap = Overlap::none) {
  ArrayParameters p;
  p.overlap = overlap;
  p.rows = 3;
  p.cols = 4;
  p.modes = {1, 2, 3};
  p.data_width_bits = 8;
  p.acc_width_bits = 32;
  p.clocks.mode_ps = {{1, 7}, {2, 10}, {3, 12.5}};
  p.clocks.conventional_ps = 5;
  return ArrayConfig(p);
}

// Operands that depend on nothing but their place.
class HashedOperands final : public OperandSource {
 public:
  void read_a(std::int64_t t0, std::int64_t t_count, std::int64_t n0, std::int64_t n_count,
              std::int32_t* dst, std::int64_t stride) const override {
    fill(1, t0, t_count, n0, n_count, dst, stride);
  }
  void read_b(std::int64_t n0, std::int64_t n_count, std::int64_t m0, std::int64_t m_count,
              std::int32_t* dst, std::int64_t stride) const override {
    fill(2, n0, n_count, m0, m_count, dst, stride);
  }

 private:
  static void fill(int matrix, std::int64_t r0, std::int64_t rows, std::int64_t c0,
                   std::int64_t cols, std::int32_t* dst, std::int64_t stride) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < cols; ++c) {
        std::minstd_rand random(static_cast<unsigned>(matrix * 10007 + (r0 + r) * 101 + c0 + c));
        random.discard(3);
        dst[r * stride + c] = static_cast<std::int8_t>(random() >> 8);
      }
    }
  }
};

class Discard final : public ResultSink {
 public:
  void accumulate(std::int64_t, std::int64_t, std::int64_t, std::int64_t, const std::int64_t*,
                  std::int64_t) override {}
};

void run_products(ArraySystem& system, const std::vector<int>& modes) {
  const HashedOperands operands;
  Discard result;
  for (const int k : modes) system.run({5, 7, 6}, k, operands, result);
}

struct Recording {
  Changes ours, kernels;
  std::uint64_t end = 0;
  std::string header;
};

Recording record(const TimeWindow& window, const std::vector<std::string>& scopes = {},
                 Overlap overlap = Overlap::none) {
  ArraySystem system("system", small_config(overlap), Design::arrayflex);
  ArraySystem other("other", small_config(overlap), Design::conventional);
  const std::string stem = testing::TempDir() + "arrayflex_waveform_kernel_" +
                           testing::UnitTest::GetInstance()->current_test_info()->name();
  sc_core::sc_trace_file* file = sc_core::sc_create_vcd_trace_file(stem.c_str());
  file->set_time_unit(sc_core::sc_get_time_resolution().to_seconds(), sc_core::SC_SEC);
  system.trace(file);
  other.trace(file);
  auto signals = traced_signals(system);
  for (const auto& signal : traced_signals(other)) signals.push_back(signal);
  Recording recording;
  std::string text;
  WaveformRecorder recorder("recorder", {&system, &other}, select_signals(signals, scopes, "scope"),
                            window, [&](std::string_view piece) { text += piece; });
  harness::run_in_thread([&] {
    run_products(system, {1, 2});
    run_products(other, {1});
    run_products(system, {3});
    recorder.finish();
    recording.end = sc_core::sc_time_stamp().value();
    sc_core::wait(1, sc_core::SC_NS);  // for the kernel's file: it drops its last instant
  });
  sc_core::sc_close_vcd_trace_file(file);
  std::ifstream kernels(stem + ".vcd");
  recording.kernels = read_vcd(kernels);
  std::remove((stem + ".vcd").c_str());
  std::istringstream ours(text);
  recording.ours = read_vcd(ours);
  recording.header = text.substr(0, text.find("$scope"));
  return recording;
}

void expect_same_values(const Recording& recording, std::uint64_t from, std::uint64_t to) {
  ASSERT_GT(recording.ours.size(), 20U);
  std::size_t compared = 0;
  for (auto [name, changes] : recording.ours) {
    ASSERT_EQ(recording.kernels.count(name), 1U) << name;
    keep_changes(changes);
    std::map<std::uint64_t, std::string> expected;
    const auto& kernels = recording.kernels.at(name);
    expected[from] = value_at(kernels, from);
    for (const auto& [time, value] : kernels) {
      if (time > from && time <= to) expected[time] = value;
    }
    keep_changes(expected);
    EXPECT_EQ(changes, expected) << name;
    compared += changes.size();
  }
  EXPECT_GT(compared, recording.ours.size()) << "nothing but initial values";
}

TEST(PinWaveform, EqualsTheKernelsFile) {
  const Recording recording = record({});
  EXPECT_EQ(recording.ours.size(), recording.kernels.size());
  EXPECT_THAT(recording.header, HasSubstr("$timescale 1 ps $end"));
  expect_same_values(recording, 0, recording.end);
}

void expect_same_values_where_tiles_overlap(Overlap overlap) {
  const Recording recording = record({}, {}, overlap);
  EXPECT_EQ(recording.ours.size(), recording.kernels.size());
  for (const char* net : {"weight", "weight_bank0", "weight_bank1"}) {
    EXPECT_GT(recording.ours.at(std::string("system.array.pe_0_1.") + net).size(), 3U) << net;
    EXPECT_GT(recording.ours.at(std::string("other.array.pe_0_1.") + net).size(), 2U) << net;
  }
  expect_same_values(recording, 0, recording.end);
}

TEST(PinWaveform, HoldsBothWeightRegistersOfOverlappingLoads) {
  expect_same_values_where_tiles_overlap(Overlap::load);
}

TEST(PinWaveform, HoldsBothWeightRegistersOfTilesBackToBack) {
  expect_same_values_where_tiles_overlap(Overlap::full);
}

TEST(PinWaveform, WindowHoldsItsPart) {
  const TimeWindow window{sc_core::sc_time(77, sc_core::SC_PS),
                          sc_core::sc_time(150, sc_core::SC_PS)};
  const Recording recording = record(window);
  ASSERT_GT(recording.end, 150U);
  for (const auto& [name, changes] : recording.ours) {
    EXPECT_EQ(changes.begin()->first, 77U) << name;
    EXPECT_LE(changes.rbegin()->first, 150U) << name;
  }
  expect_same_values(recording, 77, 150);
}

TEST(PinWaveform, ScopesSelectModulesAndWhatIsWithin) {
  const Recording recording = record({}, {"system.array.pe_1_[02]", "other.array.deskew_?"});
  EXPECT_EQ(recording.ours.count("system.array.pe_1_2.sum_mux.out"), 1U);
  EXPECT_EQ(recording.ours.count("other.array.deskew_0.reg_2"), 1U);
  for (const auto& [name, changes] : recording.ours) {
    EXPECT_TRUE(name.rfind("system.array.pe_1_0.", 0) == 0 ||
                name.rfind("system.array.pe_1_2.", 0) == 0 ||
                name.rfind("other.array.deskew_", 0) == 0)
        << name;
  }
  expect_same_values(recording, 0, recording.end);
}

TEST(PinWaveform, ScopeWithoutSignalsIsNamed) {
  ArraySystem system("system", small_config());
  const auto signals = traced_signals(system);
  for (const char* pattern : {"", "nothing", "array", "system.array.pe_9_9"}) {
    try {
      select_signals(signals, {"system", pattern}, "--trace-scope");
      ADD_FAILURE() << pattern;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("--trace-scope")) << pattern;
      EXPECT_THAT(error.what(), HasSubstr("system.array.deskew_3"));
    }
  }
}

TEST(PinWaveform, OtherTimeResolutions) {
  sc_core::sc_set_time_resolution(100, sc_core::SC_FS);
  const Recording recording = record({});
  EXPECT_THAT(recording.header, HasSubstr("$timescale 100 fs $end"));
  // Rises of the first product's clock, 7 ps.
  const auto& clk = recording.ours.at("system.clk");
  EXPECT_EQ(value_at(clk, 0), "1");
  EXPECT_EQ(value_at(clk, 34), "1");
  EXPECT_EQ(value_at(clk, 35), "0");
  EXPECT_EQ(value_at(clk, 70), "1");
}

TEST(PinWaveform, FailureOfTheSinkIsReportedAtTheEnd) {
  ArraySystem system("system", small_config());
  std::size_t room = 20000;
  WaveformRecorder recorder("recorder", {&system}, traced_signals(system), {},
                            [&](std::string_view piece) {
                              if (piece.size() > room) throw std::runtime_error("disk full");
                              room -= piece.size();
                            });
  harness::run_in_thread([&] {
    run_products(system, {1, 2, 3});
    EXPECT_THROW(recorder.rethrow_error(), std::runtime_error);
    EXPECT_THROW(recorder.finish(), std::runtime_error);
  });
}

TEST(PinWaveform, WindowBehindTheEndHoldsNothing) {
  ArraySystem system("system", small_config());
  WaveformRecorder recorder("recorder", {&system}, traced_signals(system),
                            {sc_core::sc_time(1, sc_core::SC_US), {}}, [](std::string_view) {});
  harness::run_in_thread([&] {
    run_products(system, {1});
    recorder.finish();
    EXPECT_FALSE(recorder.has_values());
  });
}

// Sums of TC by net class; times of every net are checked by the writer.
std::map<std::string, std::int64_t> toggles_by_class(const std::string& saif) {
  std::map<std::string, std::int64_t> sums;
  std::istringstream lines(saif);
  std::vector<std::string> instances;
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string head, name;
    words >> head >> name;
    if (head == "(INSTANCE") {
      instances.push_back(name);
    } else if (head == "(NET") {
      instances.push_back("");
    } else if (head == ")" && !instances.empty()) {
      instances.pop_back();
    } else if (const auto at = line.find("(TC "); at != std::string::npos) {
      std::string net = head.substr(1, head.find('\\') - 1);
      const std::string& owner = instances.at(instances.size() - 2);
      if (owner.size() > 4 && owner.substr(owner.size() - 4) == "_mux") net = "bypass_mux";
      if (net == "reg_") net = instances.at(2).rfind("skew", 0) == 0 ? "skew_reg" : "deskew_reg";
      if (owner == "buffer") continue;  // the chain's output, which is in no class
      if (net == "weight_bank0" || net == "weight_bank1") net = "weight_reg";
      sums[net] += std::stoll(line.substr(at + 4));
    }
  }
  return sums;
}

void expect_activity(Design design, const std::vector<int>& modes, double duration_ps,
                     Overlap overlap = Overlap::none) {
  ArraySystem system("system", small_config(overlap), design);
  NetActivityRecorder recorder("recorder", system);
  ActivityCounters expected;
  const HashedOperands operands;
  Discard result;
  std::string text;
  harness::run_in_thread([&] {
    for (const int k : modes) {
      recorder.begin_product(k);
      expected += system.run({5, 7, 6}, k, operands, result).activity;
      recorder.end_product();
    }
    recorder.write_saif("test", [&](std::string_view piece) { text += piece; });
  });
  std::map<std::string, std::int64_t> sums = toggles_by_class(text);
  for (const NetClass c : all_net_classes()) {
    EXPECT_EQ(sums[name_of(c)], expected[c]) << name_of(c);
  }
  EXPECT_GT(expected[NetClass::deskew_reg], 0);
  EXPECT_EQ(expected[NetClass::weight] > 0, overlap != Overlap::none);
  EXPECT_EQ(recorder.duration_fs(), static_cast<std::int64_t>(duration_ps * 1000));
}

// 3 row blocks times 2 column blocks; L(k) = R + G + H + T - 2.
TEST(PinNetActivity, AddsUpToTheCounters) {
  expect_activity(Design::arrayflex, {1, 2, 3, 2},
                  6 * (13 * 7.0 + 10 * 10.0 + 9 * 12.5 + 10 * 10.0));
}

// R + 5 P + S, with S = T + G + H - 2 and P = max(R, S) or max(R, T).
TEST(PinNetActivity, AddsUpWhereLoadsOverlap) {
  expect_activity(Design::arrayflex, {1, 2, 3, 2},
                  (3 + 6 * 10) * 7.0 + (3 + 6 * 7) * (10.0 + 10.0) + (3 + 6 * 6) * 12.5,
                  Overlap::load);
}

TEST(PinNetActivity, AddsUpWhereTilesAreBackToBack) {
  expect_activity(Design::arrayflex, {1, 2, 3, 2},
                  (3 + 5 * 5 + 10) * 7.0 + (3 + 5 * 5 + 7) * (10.0 + 10.0) + (3 + 5 * 5 + 6) * 12.5,
                  Overlap::full);
}

TEST(PinNetActivity, AddsUpWhereTilesOfTheConventionalArrayAreBackToBack) {
  expect_activity(Design::conventional, {1}, (3 + 5 * 5 + 10) * 5.0, Overlap::full);
}

TEST(PinNetActivity, AddsUpForTheConventionalArray) {
  expect_activity(Design::conventional, {1, 1}, 2 * 6 * 13 * 5.0);
}

}  // namespace
}  // namespace arrayflex::pin
