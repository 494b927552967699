#include "arrayflex/pin/cycle/cycle_array.h"

#include <algorithm>
#include <string>

#include "arrayflex/pin/array/children.h"

namespace arrayflex::pin {
namespace {

template <class Ports, class T>
void resolve(Ports& ports, std::vector<const T*>& values) {
  for (auto& port : ports) values.push_back(&port.read());
}

}  // namespace

CycleArray::CycleArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                       Design design, const RecordOptions& record)
    : PinLevelArray(name, config, design),
      state_(config, design, cycle_kernel(record.kernel).lanes, record.activity),
      kernel_(cycle_kernel(record.kernel)),
      data_mask_(static_cast<std::uint32_t>(low_bits(config.data_width_bits()))),
      status_(state_.rows),
      north_row_(state_.stride),
      zero_operands_(state_.stride),
      selected_(state_.two_weights ? state_.rows * state_.cols : 0),
      no_nets_(design, 0, weight_banks(config.overlap())),
      probe_(config, design, record, no_nets_) {
  if (probe_.has_map()) psum_before_.resize(state_.registers.psum.size());
  build_views();
}

void CycleArray::build_views() {
  const PinWidths widths = state_.widths;
  for (std::size_t r = 0; r < state_.rows; ++r) {
    skew_.push_back(std::make_unique<ChainView<Operand>>(
        numbered("skew", r).c_str(), state_.registers.skew.data() + state_.skew_begin(r), r,
        state_.skew_out[r], widths.data, watch_list_));
  }
  for (std::size_t c = 0; c < state_.cols; ++c) {
    deskew_.push_back(std::make_unique<ChainView<Sum>>(
        numbered("deskew", c).c_str(), state_.registers.deskew.data() + state_.deskew_begin(c),
        state_.deskew_length(c), state_.south[c], widths.acc, watch_list_));
    south[c].bind(const_cast<Net<Sum>&>(deskew_.back()->out()));
  }
  pes_.reserve(state_.rows * state_.cols);
  for (std::size_t r = 0; r < state_.rows; ++r) {
    for (std::size_t c = 0; c < state_.cols; ++c) {
      const std::string pe_name = numbered(numbered("pe", r), c);
      pes_.push_back(std::make_unique<PeView>(pe_name.c_str(), state_, r, c));
    }
  }
}

CycleArray::~CycleArray() {
  skew_.front().reset();  // the early one: see destroy_in_reverse()
  destroy_in_reverse(pes_);
  destroy_in_reverse(deskew_);
  destroy_in_reverse(skew_);
}

void CycleArray::end_of_elaboration() {
  resolve(psum_enable, pins_.psum_enable);
  resolve(operand_enable, pins_.operand_enable);
  resolve(bottom, pins_.bottom);
  resolve(operand_boundary, pins_.operand_boundary);
  resolve(skew_depth, pins_.skew_depth);
  resolve(deskew_depth, pins_.deskew_depth);
  resolve(west, pins_.west);
  resolve(north, pins_.north);
}

const PeView& CycleArray::pe(int r, int c) const {
  require_pe(r, c);
  return *pes_[index(r, c)];
}

void CycleArray::trace(sc_core::sc_trace_file* file) const {
  for (const auto& pe : pes_) pe->trace(file);
  for (const auto& chain : skew_) chain->trace(file);
  for (const auto& chain : deskew_) chain->trace(file);
}

}  // namespace arrayflex::pin
