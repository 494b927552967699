// Waveforms: the nets a reader expects, at their widths, with their value changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "arrayflex/pin/array_system.h"
#include "arrayflex/pin/observe/signal_list.h"
#include "harness/simulation.h"

namespace arrayflex::pin {
namespace {

struct Waveform {
  std::map<std::string, std::pair<int, std::string>> variables;  // name -> width, id
  std::map<std::string, std::vector<std::string>> changes;       // id -> values
};

// Reads the VCD that the SystemC library writes: scopes hold the hierarchy.
Waveform read_vcd(const std::string& path) {
  Waveform wave;
  std::ifstream file(path);
  std::vector<std::string> scopes;
  std::string word;
  while (file >> word) {
    if (word == "$scope") {
      std::string kind, name;
      file >> kind >> name;
      if (name != "SystemC") scopes.push_back(name + ".");
    } else if (word == "$upscope") {
      if (!scopes.empty()) scopes.pop_back();
    } else if (word == "$var") {
      std::string kind, id, name, path_name;
      int width = 0;
      file >> kind >> width >> id >> name;
      for (const auto& scope : scopes) path_name += scope;
      wave.variables[path_name + name] = {width, id};
    } else if (word[0] == 'b' && word.size() > 1) {
      std::string id;
      file >> id;
      wave.changes[id].push_back(word.substr(1));
    } else if ((word[0] == '0' || word[0] == '1') && word.size() > 1) {
      wave.changes[word.substr(1)].push_back(word.substr(0, 1));
    }
  }
  return wave;
}

// Runs one tile on a 2x2 array with all traces.
Waveform trace_tile(Detail detail) {
  ArrayParameters parameters;
  parameters.rows = parameters.cols = 2;
  parameters.modes = {1, 2};
  parameters.data_width_bits = 8;
  parameters.acc_width_bits = 32;
  ArraySystem system("system", ArrayConfig(parameters), Design::arrayflex, {}, detail);
  const std::string stem = testing::TempDir() + "arrayflex_pin_trace";
  sc_core::sc_trace_file* file = sc_core::sc_create_vcd_trace_file(stem.c_str());
  file->set_time_unit(1, sc_core::SC_PS);
  system.trace(file);
  if (detail == Detail::signals) {  // a port, the plain way
    sc_core::sc_trace(file, system.array().pe(1, 0).sum_in, "port_sum_in");
  }
  harness::run_in_thread([&] {
    const std::vector<std::int32_t> weights{2, 3, 5, 7};
    const std::vector<std::int32_t> a{-1, 4};
    std::vector<std::int64_t> partial(2);
    system.begin_gemm(1);
    system.run_tile({weights.data(), a.data(), partial.data(), 1, 2, 2, false});
    system.end_gemm();
    sc_core::wait(10, sc_core::SC_NS);
  });
  sc_core::sc_close_vcd_trace_file(file);
  Waveform wave = read_vcd(stem + ".vcd");
  std::remove((stem + ".vcd").c_str());
  return wave;
}

// The values of a variable, whose width is checked.
std::vector<std::string> values_of(const Waveform& wave, const std::string& name, int width) {
  const auto found = wave.variables.find(name);
  if (found == wave.variables.end()) {
    ADD_FAILURE() << name << " is not in the waveform";
    return {};
  }
  EXPECT_EQ(found->second.first, width) << name;
  const auto changes = wave.changes.find(found->second.second);
  return changes == wave.changes.end() ? std::vector<std::string>{} : changes->second;
}

bool holds(const std::vector<std::string>& list, const std::string& tail) {
  for (const auto& value : list) {
    if (value.size() >= tail.size() &&
        value.compare(value.size() - tail.size(), tail.size(), tail) == 0) {
      return true;
    }
  }
  return false;
}

void expect_registers_and_nets(const Waveform& wave) {
  const auto values = [&](const std::string& name, int width) {
    return values_of(wave, name, width);
  };
  EXPECT_TRUE(holds(values("system.array.pe_0_0.weight_reg", 8), "101")) << "row 1 passes row 0";
  EXPECT_TRUE(holds(values("system.array.pe_0_0.product", 16), "1110")) << "-1 * 2 = -2";
  EXPECT_TRUE(holds(values("system.array.pe_1_0.psum_reg", 32), "10010")) << "-2 + 20 = 18";
  EXPECT_TRUE(holds(values("system.array.skew_1.reg_0", 8), "100"));
  EXPECT_TRUE(holds(values("system.array.deskew_0.reg_0", 32), "10010"));
  EXPECT_TRUE(holds(values("system.array.pe_0_0.operand_reg", 8), "1"));
  // R + S = 2 + 3 cycles, the drain cycle's edge and the one that starts: 7 rises, as many falls.
  const std::vector<std::string> clk = values("system.clk", 1);
  EXPECT_EQ(std::count(clk.begin(), clk.end(), "1"), 7);
}

TEST(PinTrace, HoldsNetsRegistersAndMuxes) {
  const Waveform wave = trace_tile(Detail::signals);
  expect_registers_and_nets(wave);
  EXPECT_TRUE(holds(values_of(wave, "system.array.pe_1_0.sum_mux.out", 32), "10010"));
  EXPECT_TRUE(holds(values_of(wave, "port_sum_in", 64), "1110")) << "-2 from the PE above";
}

// The name under which a channel is traced: the net of an export goes by the export's name.
std::string traced_name(const sc_core::sc_object& channel) {
  const std::string name = channel.name();
  const std::string tail = "_net";
  const bool is_of_export =
      name.size() > tail.size() && name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
  return is_of_export ? name.substr(0, name.size() - tail.size()) : name;
}

// Everything below a module that can be looked at: channels, and ports through what they are bound
// to.
struct Inventory {
  void take(const sc_core::sc_object& parent) {
    for (const sc_core::sc_object* child : parent.get_child_objects()) {
      if (const auto* port = dynamic_cast<const sc_core::sc_port_base*>(child)) {
        ++ports;
        // Bits on their way across the array have no name of their own.
        if (dynamic_cast<const WaveTap*>(port->get_interface()) != nullptr) continue;
        add(dynamic_cast<const sc_core::sc_object*>(port->get_interface()), *port);
      } else if (dynamic_cast<const sc_core::sc_interface*>(child) != nullptr) {
        add(child, *child);
      }
      take(*child);
    }
  }
  void add(const sc_core::sc_object* channel, const sc_core::sc_object& object) {
    ASSERT_NE(channel, nullptr) << object.name() << " is not bound to a channel";
    channels.insert(traced_name(*channel));
  }

  std::set<std::string> channels;
  int ports = 0;
};

void expect_all_is_traced(const ArraySystem& system, int least_ports) {
  std::set<std::string> traced;
  for (const TracedSignal& signal : traced_signals(system)) {
    EXPECT_TRUE(traced.insert(signal.module() + "." + signal.name()).second) << signal.name();
  }
  Inventory inventory;
  inventory.take(system);
  EXPECT_GE(inventory.ports, least_ports);
  const std::string constant = std::string(system.name()) + ".array.ground.out";
  for (const std::string& channel : inventory.channels) {
    if (channel == constant) continue;
    EXPECT_EQ(traced.count(channel), 1U) << channel << " is not traced";
  }
}

TEST(PinTrace, HoldsEveryChannelAndWhatEveryPortSees) {
  ArrayParameters parameters;
  parameters.rows = 3;
  parameters.cols = 4;
  parameters.modes = {1, 2};
  ArraySystem arrayflex("arrayflex", ArrayConfig(parameters));
  ArraySystem conventional("conventional", ArrayConfig(parameters), Design::conventional);
  ArraySystem state("state", ArrayConfig(parameters), Design::arrayflex, {}, Detail::state);
  parameters.overlap = Overlap::load;
  ArraySystem load("load", ArrayConfig(parameters));
  parameters.overlap = Overlap::full;
  ArraySystem full("full", ArrayConfig(parameters));
  ArraySystem full_state("full_state", ArrayConfig(parameters), Design::conventional, {},
                         Detail::state);
  harness::run_in_thread([&] {
    expect_all_is_traced(arrayflex, 12 * 10);
    expect_all_is_traced(conventional, 12 * 5);
    expect_all_is_traced(state, 3 * 4);
    expect_all_is_traced(load, 12 * 13);
    expect_all_is_traced(full, 12 * 13);
    expect_all_is_traced(full_state, 3 * 4);
  });
}

TEST(PinTrace, HoldsWhatTheViewsOfACycleArrayShow) {
  const Waveform wave = trace_tile(Detail::state);
  expect_registers_and_nets(wave);
  EXPECT_TRUE(holds(values_of(wave, "system.array.pe_0_0.csa_sum", 32), "1110"));
}

}  // namespace
}  // namespace arrayflex::pin
